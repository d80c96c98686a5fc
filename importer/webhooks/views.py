"""A user's webhook: where it is, how it went, a test."""

from collections.abc import Iterable

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from importer.webhooks.models import Delivery, Webhook
from importer.webhooks.posting import LONGEST_ADDRESS
from importer.webhooks.services import (
    SHOWN,
    UnusableAddress,
    remove_webhook,
    send_test,
    set_webhook,
)
from videos.access import Request, signed_in
from videos.forms import form_status, posted


class WebhookForm(forms.Form):
    address = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=LONGEST_ADDRESS,
        widget=forms.URLInput({"placeholder": "https://"}),
    )


def _webhook_of(request: Request) -> Webhook | None:
    return Webhook.objects.filter(owner=request.user).first()


@signed_in
def webhook(request: Request) -> HttpResponse:
    """The user's webhook; another address with POST."""
    mine = _webhook_of(request)
    initial = {}
    if mine is not None:
        initial["address"] = mine.address
    form = WebhookForm(posted(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            set_webhook(owner=request.user, address=form.cleaned_data["address"])
        except UnusableAddress as refused:
            form.add_error("address", str(refused))
        else:
            messages.success(request, _("Saved. Send a test to see whether it arrives."))
            return redirect("webhook")
    deliveries: Iterable[Delivery] = ()
    if mine is not None:
        deliveries = mine.deliveries.select_related("batch__video_list").order_by("-pk")[:SHOWN]
    context = {"webhook": mine, "form": form, "deliveries": deliveries}
    return render(request, "importer/webhook.html", context, status=form_status(form))


@signed_in
@require_POST
def webhook_test(request: Request) -> HttpResponse:
    mine = _webhook_of(request)
    if mine is not None and send_test(webhook=mine):
        text = _("The test is on its way. Its result is shown here in a moment.")
        messages.success(request, text)
    return redirect("webhook")


@signed_in
@require_POST
def webhook_remove(request: Request) -> HttpResponse:
    mine = _webhook_of(request)
    if mine is not None:
        remove_webhook(webhook=mine)
        messages.success(request, _("Removed. Nothing is sent any more."))
    return redirect("webhook")
