"""The deployment files run what bin/up runs, with the least rights. No image can be built here, so they are read."""

import os
import re
from pathlib import Path

import pytest
import yaml

from app.core.embedded.home import list_processes
from app.core.embedded.postgres import SETTINGS
from config import read_settings

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
MANIFESTS = [
    document
    for path in sorted((ROOT / "deploy/kubernetes").glob("*.yaml"))
    for document in yaml.safe_load_all(path.read_text())
]
PODS = {
    manifest["metadata"]["name"].removeprefix("quarterdeck-"): manifest["spec"]["template"]["spec"]
    for manifest in MANIFESTS
    if manifest["kind"] in {"Deployment", "Job"}
}
OURS = ("web", "relay", "worker", "migrate")
DOCKERFILE = (ROOT / "Dockerfile").read_text()
NGINX = (ROOT / "deploy/nginx.conf").read_text()


def essence(command: list[str]) -> str:
    """The words that say what runs, without tuning."""
    return re.sub(r" --(without-\S+|quiet|loglevel \S+|concurrency \S+)", "", " ".join(command))


@pytest.mark.parametrize("name", ["web", "relay", "worker"])
def test_every_file_runs_the_same_command_as_bin_up(name):
    wanted = {program.name: essence(program.argv[2:]) for program in list_processes({})}[name]
    assert essence(COMPOSE["services"][name]["command"]) == wanted
    assert essence(PODS[name]["containers"][0]["command"]) == wanted


def test_no_process_is_missing_anywhere():
    ours = {program.name for program in list_processes({})}
    assert ours | {"migrate"} == set(PODS)
    assert ours | {"migrate", "nginx", "postgres", "s3", "valkey"} == set(COMPOSE["services"])


def images():
    yield from re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    yield from (service["image"] for name, service in COMPOSE["services"].items() if name not in OURS)
    yield from (pod["containers"][0]["image"] for pod in PODS.values())


@pytest.mark.parametrize("image", sorted(set(images())))
def test_images_are_pinned_to_a_version(image):
    assert re.search(r":\d+\.\d+", image), image


def test_the_image_runs_as_nobody_in_particular_from_locked_packages():
    assert re.search(r"^USER 10001:10001$", DOCKERFILE, re.MULTILINE)
    assert "--require-hashes" in DOCKERFILE
    assert "STOPSIGNAL SIGTERM" in DOCKERFILE
    assert "HEALTHCHECK" in DOCKERFILE


def test_what_the_image_copies_exists_and_is_not_ignored():
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {
        word for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE) for word in line.split()
    }
    assert copied == allowed
    assert [name for name in sorted(copied) if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("name", sorted(PODS))
def test_pods_cannot_do_more_than_they_need(name):
    pod = PODS[name]
    container = pod["containers"][0]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["resources"]["limits"]["memory"]


@pytest.mark.parametrize("name", OURS)
def test_containers_cannot_do_more_than_they_need(name):
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_the_web_is_probed_and_leaves_in_peace():
    web = PODS["web"]
    container = web["containers"][0]
    paths = [container[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")]
    assert paths == ["/health/live", "/health/live", "/health/ready"]
    pause_s = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
    grace_s = int(re.search(r"^graceful_timeout = (\d+)", (ROOT / "gunicorn.conf.py").read_text(), re.MULTILINE)[1])
    assert pause_s + grace_s < web["terminationGracePeriodSeconds"]
    assert grace_s < int(COMPOSE["services"]["web"]["stop_grace_period"].rstrip("s"))


@pytest.mark.parametrize("name", ["web", "relay", "worker"])
def test_a_machine_that_is_emptied_takes_never_the_last_pod(name):
    of_it = {m["kind"]: m["spec"] for m in MANIFESTS if m["metadata"]["name"] == f"quarterdeck-{name}"}
    assert 0 < of_it["PodDisruptionBudget"]["minAvailable"] < of_it["Deployment"]["replicas"]
    labels = of_it["Deployment"]["template"]["metadata"]["labels"]
    (spread,) = PODS[name]["topologySpreadConstraints"]
    assert of_it["PodDisruptionBudget"]["selector"]["matchLabels"] == labels == spread["labelSelector"]["matchLabels"]
    assert of_it["Deployment"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}


def test_nobody_but_the_ingress_and_the_metrics_reaches_a_pod():
    policies = {m["metadata"]["name"]: m["spec"] for m in MANIFESTS if m["kind"] == "NetworkPolicy"}
    web = policies["quarterdeck-web"]
    assert web["podSelector"]["matchLabels"] == {"app": "quarterdeck", "part": "web"}
    assert all(rule["from"] and rule["ports"] == [{"port": "http"}] for rule in web["ingress"])
    inside = policies["quarterdeck-inside"]
    assert (inside["policyTypes"], inside["ingress"]) == (["Ingress"], [])
    out = policies["quarterdeck-out"]["egress"]
    assert {port["port"] for rule in out for port in rule["ports"]} == {53, 5432, 6379, 587, 443}


def read_env(path):
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def test_staging_keeps_productions_rules_and_its_settings_are_really_used(monkeypatch):
    staging = read_env(ROOT / "deploy/staging.env")
    used = re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text())
    assert set(staging) <= set(used)
    for name in list(os.environ):
        monkeypatch.delenv(name)
    logins = {f"DATABASE_{name}": f"postgresql://qd_{name}@db/q" for name in ("URL", "SYSTEM_URL", "PLATFORM_URL")}
    for name, value in {**staging, **logins, "SESSION_SECRET": "0123456789abcdef" * 3}.items():
        monkeypatch.setenv(name, value)
    assert read_settings(os.environ).environment == "staging"
    monkeypatch.setenv("QUARTERDECK_ENV", "production")
    assert read_settings(os.environ).environment == "production"


def test_every_line_of_the_failure_matrix_names_a_test_that_exists():
    table = (ROOT / "docs/operations.md").read_text().partition("## When something breaks")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 25
    for row in rows:
        assert len(row) in {5, 6}, row  # the first cell is empty below its like
        for name in re.findall(r"`([^`]+)`", row[-1]):
            assert (ROOT / "tests" / name).exists() or (ROOT / "tests" / f"{name}.py").exists(), name


@pytest.mark.parametrize("name", ["nginx", "web", "postgres", "valkey"])
def test_what_others_wait_for_has_a_health_check(name):
    assert COMPOSE["services"][name]["healthcheck"]["test"]


def test_no_password_stands_in_a_file_and_none_has_a_default():
    text = (ROOT / "docker-compose.yml").read_text()
    assert re.findall(r"\$\{\w*(?:PASSWORD|SECRET)(?!:\?)\W[^}]*\}", text) == []
    assert not [manifest for manifest in MANIFESTS if manifest["kind"] == "Secret"]


def test_each_login_is_known_where_it_is_needed_alone():
    for name, service in COMPOSE["services"].items():
        knows = {"DATABASE_OWNER_URL", "DATABASE_ADMIN_URL"} & set(service.get("environment", {}))
        assert bool(knows) == (name == "migrate"), name
        assert ("DATABASE_BACKUP_URL" in service.get("environment", {})) == (name in {"migrate", "worker"}), name
    for name, pod in PODS.items():
        assert ("quarterdeck-owner-secrets" in str(pod)) == (name == "migrate"), name
        assert ("quarterdeck-backup-secrets" in str(pod)) == (name == "worker"), name


@pytest.mark.parametrize("name", ["web", "relay", "worker"])
def test_what_is_written_has_a_place_on_a_root_that_is_read_only(name):
    written = set(re.findall(r"(?:QUARTERDECK_HOME|UPLOAD_DIR)=(\S+)", DOCKERFILE))
    assert written == {"/srv/home", "/srv/uploads"}
    assert written <= {volume.partition(":")[2] for volume in COMPOSE["services"][name]["volumes"]}
    assert {volume.partition(":")[0] for volume in COMPOSE["services"][name]["volumes"]} <= set(COMPOSE["volumes"])
    mounts = {mount["mountPath"]: mount["name"] for mount in PODS[name]["containers"][0]["volumeMounts"]}
    assert written == set(mounts) - {"/tmp"}  # noqa: S108 (the container's)
    assert set(mounts.values()) == {volume["name"] for volume in PODS[name]["volumes"]}


@pytest.mark.parametrize("name", sorted(PODS))
def test_a_service_beside_us_adds_no_setting(name):
    assert PODS[name]["enableServiceLinks"] is False


def test_the_secrets_that_are_needed_are_listed():
    text = (ROOT / "deploy/kubernetes/settings.yaml").read_text().partition("apiVersion")[0]
    pages = {name for name in COMPOSE["services"]["web"]["environment"] if name.startswith("DATABASE_")}
    wanted = {"SESSION_SECRET", "REDIS_URL", "METRICS_TOKEN", "SMTP_URL", "DATABASE_BACKUP_URL", "DATABASE_OWNER_URL"}
    assert [name for name in sorted(wanted | pages - {"DATABASE_REPLICA_URLS"}) if name not in text] == []


def test_the_ingress_keeps_bodies_but_those_of_files():
    ingresses = {m["metadata"]["name"]: m for m in MANIFESTS if m["kind"] == "Ingress"}
    said = {
        name: {key.rpartition("/")[2]: value for key, value in one["metadata"]["annotations"].items()}
        for name, one in ingresses.items()
    }
    assert "non_idempotent" in said["quarterdeck"]["proxy-next-upstream"]
    assert said["quarterdeck"]["proxy-request-buffering"] == "on"  # a body that streamed cannot be sent again
    files = said["quarterdeck-files"]
    assert (files["proxy-request-buffering"], files["proxy-next-upstream"]) == ("off", "off")
    paths = {path["path"] for path in ingresses["quarterdeck-files"]["spec"]["rules"][0]["http"]["paths"]}
    locations = re.findall(r"location ~ \^/\(([^)]*)\)[^{]*\{[^}]*proxy_request_buffering off", NGINX)
    assert paths == {f"/{path}" for listed in locations for path in listed.split("|")}


def test_the_server_logs_no_text_of_what_failed():
    for name, value in (("log_min_error_statement", "panic"), ("log_error_verbosity", "terse")):
        assert f"{name}={value}" in COMPOSE["services"]["postgres"]["command"]
        assert f"{name} = {value}" in SETTINGS.splitlines()


def test_the_broker_never_evicts_and_the_statistics_are_loaded():
    assert "--maxmemory-policy noeviction" in COMPOSE["services"]["valkey"]["command"][-1]
    assert "shared_preload_libraries=pg_stat_statements,auto_explain" in COMPOSE["services"]["postgres"]["command"]


def test_nginx_repeats_what_a_dying_worker_dropped_and_streams_what_must_not_wait():
    assert "max_fails=0" in NGINX
    assert "proxy_next_upstream error timeout non_idempotent;" in NGINX
    for path in ("location /socket.io/", "location = /api/events/stream"):
        block = NGINX.partition(path)[2].partition("}")[0]
        assert "proxy_buffering off;" in block
    assert "proxy_set_header Upgrade $http_upgrade;" in NGINX
    assert NGINX.count("{") == NGINX.count("}")


def test_locks_name_no_folder_and_no_index():
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        assert not re.search(r"file:|--find-links|--index-url|--extra-index-url|^-e ", text, re.MULTILINE), name
        for line in re.findall(r"^\w[^\s;]*", text, re.MULTILINE):
            assert "==" in line, line
