"""Bulk import in the admin: text or files, into a list of anybody's, with a preview before and a
report after.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_htmx.http import HttpResponseClientRedirect

from importer.imports.models import Source
from importer.imports.plans import ImportReport
from importer.intake.forms import FilesField, named_files
from importer.intake.reading import ReadUpload, UploadRefused
from importer.intake.uploads import (
    LONGEST_NAME,
    mark_of,
    plan_uploads,
    preview_lines,
    preview_uploads,
    read_uploads,
)
from importer.parsing import parse_lines
from videos.access import Request
from videos.models import VideoList
from videos.text import one_line

PERMISSION = "importer.add_importbatch"


class BulkImportForm(forms.Form):
    """Once valid, `video_list` is the list that was named (unsaved if it is still to be made),
    `lines` and `files` what goes into it.

    `uploader_id`: who sends the files, which are read one upload of each person at a time.
    """

    owner = forms.ModelChoiceField(
        get_user_model()._default_manager.filter(is_active=True), label=_("owner")
    )
    list_name = forms.CharField(
        label=_("list"),
        max_length=LONGEST_NAME,
        help_text=_("The owner's list of this name; it is made if it is not there."),
    )
    text = forms.CharField(
        label=_("Addresses"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"class": "vLargeTextField"}),
    )
    files = FilesField(label=_("Files"), required=False)  # type: ignore[assignment]

    def __init__(self, *args: Any, uploader_id: int | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.uploader_id = uploader_id

    def clean_list_name(self) -> str:
        if not (name := one_line(self.cleaned_data["list_name"], LONGEST_NAME)):
            raise forms.ValidationError(_("This field is required."))
        return name

    def clean_files(self) -> tuple[ReadUpload, ...]:
        try:
            return read_uploads(named_files(self.cleaned_data["files"]), self.uploader_id)
        except UploadRefused as refused:
            raise forms.ValidationError(f"{refused.name}: {refused.problem.label}") from refused

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["lines"] = list(parse_lines(data.get("text", "")))
        if not self.errors:
            self._check(data)
        return data

    def _check(self, data: dict[str, Any]) -> None:
        if "preview" not in self.data:
            self._check_mark(data["files"])
        if not data["lines"] and not data["files"]:
            raise forms.ValidationError(_("Paste addresses, or choose a file."))

    def _check_mark(self, files: Sequence[ReadUpload]) -> None:
        """What was chosen in a preview is meant of its files alone."""
        if self.data.get("mark", "") not in {"", mark_of(files)}:
            raise forms.ValidationError(
                _("These are not the files of the preview. Choose them again, and press Preview.")
            )

    @property
    def video_list(self) -> VideoList:
        owner, name = self.cleaned_data["owner"], self.cleaned_data["list_name"]
        same_name = VideoList.objects.owned_by(owner).filter(name=name).order_by("pk")
        return same_name.first() or VideoList(owner=owner, name=name)


class BulkImport(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the type checker alone
    """Adds the page to the admin of imports, and a button for it to their list."""

    change_list_template = "admin/importer/importbatch/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        return [
            path(
                "bulk/",
                self.admin_site.admin_view(self.bulk_import),
                name="importer_importbatch_bulk",
            ),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(
            request, {"may_import": request.user.has_perm(PERMISSION), **(extra_context or {})}
        )

    def bulk_import(self, request: HttpRequest) -> HttpResponse:
        """The form. Its page asks by HTMX and shows the answer below the fields, so that the files
        that were chosen stay chosen.
        """
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        form = BulkImportForm(
            request.POST or None,
            request.FILES or None,
            initial={"owner": request.user.pk},
            uploader_id=request.user.pk,
        )
        shown: dict[str, Any] = {}
        if request.method == "POST" and form.is_valid():
            if "preview" not in request.POST:
                return self._import(request, form)
            shown = _preview(form)
        return self._page(request, {"form": form, **shown})

    def _page(self, request: HttpRequest, shown: dict[str, Any]) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Bulk import"),
            **shown,
        }
        template = "admin/importer/importbatch/bulk_import.html"
        if cast(Request, request).htmx:
            template = "admin/importer/importbatch/_answer.html"
        return TemplateResponse(request, template, context)

    def _import(self, request: HttpRequest, form: BulkImportForm) -> HttpResponse:
        data = form.cleaned_data
        chosen = request.POST.getlist("group") if "previewed" in request.POST else None
        plans = plan_uploads(
            owner=data["owner"],
            video_list=form.video_list,
            files=data["files"],
            source=Source.ADMIN,
            wanted_groups=chosen,
            lines=data["lines"],
        )
        reports = [plan.start() for plan in plans]
        self._tell(request, reports)
        address = _address_of(reports)
        if cast(Request, request).htmx:
            return HttpResponseClientRedirect(address)
        return HttpResponseRedirect(address)

    def _tell(self, request: HttpRequest, reports: Sequence[ImportReport]) -> None:
        for report in reports:
            self.message_user(request, _said(report), messages.SUCCESS)
        if not reports:
            self.message_user(request, gettext("There was nothing to import."), messages.WARNING)


def _address_of(reports: Sequence[ImportReport]) -> str:
    """Return the page that lists these imports, the first 200 of them."""
    address = reverse("admin:importer_importbatch_changelist")
    if not reports:
        return address
    ids = ",".join(str(report.batch.pk) for report in reports[:200])
    return f"{address}?id__in={ids}"


def _preview(form: BulkImportForm) -> dict[str, Any]:
    data = form.cleaned_data
    owner, video_list, files = data["owner"], form.video_list, data["files"]
    pasted = preview_lines(
        owner=owner, video_list=video_list, lines=data["lines"], source=Source.ADMIN
    )
    groups = preview_uploads(owner=owner, video_list=video_list, files=files)
    mark = ""
    if groups:
        mark = mark_of(files)
    return {"previewed": True, "pasted": pasted, "groups": groups, "mark": mark}


def _said(report: ImportReport) -> str:
    counts = {
        "name": report.batch.video_list.name,
        "new": report.created + report.known,
        "here": report.duplicates + report.repeated,
        "unclear": report.invalid,
        "over": report.over_limit,
        "playlists": report.expanding,
    }
    return (
        gettext(
            "“%(name)s”: %(new)s added, %(here)s already there, "
            "%(playlists)s playlists being read, %(unclear)s not recognized, "
            "%(over)s over the limit."
        )
        % counts
    )
