"""REST of the caller's webhook."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import generics, serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from importer.webhooks import services as webhooks
from importer.webhooks.models import Delivery, Webhook
from importer.webhooks.posting import LONGEST_ADDRESS
from videos.api.errors import FORBIDDEN_BY_STATE, Conflict, ErrorSerializer
from videos.api.paging import NewestFirst
from videos.api.serializers import Text


class WebhookSerializer(serializers.ModelSerializer[Webhook]):
    url = Text(max_length=LONGEST_ADDRESS, source="address")

    class Meta:
        model = Webhook
        fields = ("url", "secret", "created_at")
        read_only_fields = ("secret", "created_at")


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    result = serializers.CharField(
        source="get_outcome_display", read_only=True, help_text="in the caller's language"
    )

    class Meta:
        model = Delivery
        fields = (
            "id",
            "event",
            "batch",
            "attempts",
            "next_at",
            "outcome",
            "status",
            "result",
            "tried_at",
            "created_at",
        )
        read_only_fields = fields


def webhook_of(request: Request) -> Webhook:
    return get_object_or_404(Webhook, owner=request.user)


NO_WEBHOOK = OpenApiResponse(ErrorSerializer, "The caller has no webhook.")


class WebhookView(APIView):
    """The caller's webhook, which is told of finished imports: read, set, remove."""

    @extend_schema(responses={200: WebhookSerializer, 404: NO_WEBHOOK})
    def get(self, request: Request) -> Response:
        return Response(WebhookSerializer(webhook_of(request)).data)

    @extend_schema(request=WebhookSerializer, responses=WebhookSerializer)
    def put(self, request: Request) -> Response:
        given = WebhookSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            webhook = webhooks.set_webhook(
                owner=request.user, address=given.validated_data["address"]
            )
        except webhooks.UnusableAddress as refused:
            raise ValidationError({"url": [str(refused)]}) from None
        return Response(WebhookSerializer(webhook).data)

    @extend_schema(responses={204: None, 404: NO_WEBHOOK})
    def delete(self, request: Request) -> Response:
        webhooks.remove_webhook(webhook=webhook_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class WebhookTestView(APIView):
    """Send a message that says nothing but that it arrived; 409 while an earlier one is on its
    way.
    """

    @extend_schema(
        request=None, responses={202: DeliverySerializer, 404: NO_WEBHOOK, 409: FORBIDDEN_BY_STATE}
    )
    def post(self, request: Request) -> Response:
        delivery = webhooks.send_test(webhook=webhook_of(request))
        if delivery is None:
            raise Conflict
        return Response(DeliverySerializer(delivery).data, status=status.HTTP_202_ACCEPTED)


class DeliveriesView(generics.ListAPIView[Delivery]):
    """What was sent to the caller's webhook in the last 30 days, the newest first."""

    serializer_class = DeliverySerializer
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[Delivery]:
        return Delivery.objects.filter(webhook__owner=self.request.user.pk)
