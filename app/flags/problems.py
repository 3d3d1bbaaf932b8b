"""What can be wrong with a flag or with what is asked of one."""

from app.core.errors import Problem, VersionConflict


class FeatureOff(Problem, code="feature-off", status=403):
    """This is switched off for you. The flag “{key}” decides who may use it; ask the people who run this installation."""

    key: str


__all__ = ["FeatureOff", "VersionConflict"]
