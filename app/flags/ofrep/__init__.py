"""OFREP 0.3.0: any OpenFeature SDK, in any language, may ask this installation.

Source: github.com/open-feature/protocol, service/openapi.yaml. Clients are stricter than the document, so
`variant`, `value` and `errorDetails` are always sent when there are any, and a float flag's values are floats.
"""
