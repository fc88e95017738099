"""Refusals: the platform's error answers (contract §3 "Errors")."""

from __future__ import annotations

from attribution_portal.sandbox.faults import Json


class Refusal(Exception):  # noqa: N818 - an answer, not an accident
    """An answer that is an error. `fields` are (field, code) pairs and become `validation_errors`."""

    def __init__(self, status: int, message: str, error_code: str, *, fields: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.error_code = error_code
        self.fields = fields

    def body(self) -> dict[str, Json]:
        return {
            "message": self.message,
            "error_code": self.error_code,
            "error_subcode": None,
            "validation_errors": validation_errors(self.fields),
        }


def validation_errors(fields: tuple[tuple[str, str], ...]) -> Json:
    return [{"code": code, "field": field} for field, code in fields]


def not_found(what: str) -> Refusal:
    return Refusal(404, f"error.{what}.not_found", f"{what.upper()}_NOT_FOUND")


def invalid(*fields: tuple[str, str], status: int = 422) -> Refusal:
    return Refusal(status, "error.request.invalid", "INVALID_REQUEST", fields=fields)


def not_authorized() -> Refusal:
    return Refusal(403, "error.auth.not_authorized", "NOT_AUTHORIZED")
