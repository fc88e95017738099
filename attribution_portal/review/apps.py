from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "attribution_portal.review"
