"""Name, address and key of a server: the fields for adding one and for editing one."""

from collections.abc import Callable

from nicegui import events, ui

from timekpr_mngr.errors import Invalid
from timekpr_mngr.services.views import ServerView
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.text import element, text

KEY_BYTES_MAX = 64 * 1024
MAKE, UPLOAD, KEEP = "make", "upload", "keep"


class ServerForm(ui.element):
    """The fields; `values` is what they say, `show_error` puts an error at the field it names."""

    def __init__(self, server: ServerView | None = None) -> None:
        super().__init__("div")
        self.classes("form")
        self._key: str | None = None
        with self:
            self._name = field(
                _("Name"), server.name if server else "", hint=_("Small letters, digits and hyphens: kids-pc")
            )
            with element("div", "pair"):
                self._host = field(
                    _("Address"), server.host if server else "", hint=_("A host name or an IP address")
                )
                self._port = field(_("SSH port"), str(server.port) if server else "22")
                self._port.props("inputmode=numeric")
            self._second = field(
                _("Second address, if it has one"),
                (server.second_host or "") if server else "",
                hint=_("Tried when the first does not answer: in a VPN, for example"),
            )
            self._user = field(
                _("SSH user"),
                server.ssh_user if server else "timekpr-mngr",
                hint=_("An ordinary account on that computer, in the group timekpr; it needs no sudo"),
            )
            self._key_source = self._sources(edits=server is not None)
            with element("div", "form") as self._upload_part:
                ui.upload(
                    label=_("Private key file"),
                    on_upload=self._uploaded,
                    auto_upload=True,
                    max_files=1,
                    max_file_size=KEY_BYTES_MAX,
                )
                self._pasted = ui.textarea(_("or paste it here")).props(
                    "outlined dense autogrow spellcheck=false"
                )
                self._pasted.classes("mono")
                self._passphrase = ui.input(
                    _("Passphrase, if it has one"), password=True, password_toggle_button=True
                )
                self._passphrase.props("outlined dense autocomplete=off")
            self._host_key = field(
                _("Fingerprint, if you know it"),
                "",
                hint=_("SHA256:…  Without it you compare it in the next step."),
            )
            if server is not None:
                self._host_key.set_visibility(False)
        self._upload_part.bind_visibility_from(self._key_source, "value", value=UPLOAD)

    def values(self) -> dict[str, object]:
        """What the services take. Raises Invalid where a field cannot even be sent."""
        values: dict[str, object] = {
            "host": (self._host.value or "").strip(),
            "port": port_of(self._port),
            "ssh_user": (self._user.value or "").strip(),
            "second_host": (self._second.value or "").strip(),
        }
        if self._key_source.value == UPLOAD:
            key = self._key or (self._pasted.value or "").strip()
            if not key:
                raise Invalid("private_key", _("Choose a key file, or paste the key."))
            values["private_key"] = key if key.endswith("\n") else key + "\n"
            values["passphrase"] = self._passphrase.value or None
        if host_key := (self._host_key.value or "").strip():
            values["host_key"] = host_key
        return values

    @property
    def name(self) -> str:
        """The name as typed."""
        return (self._name.value or "").strip()

    def clean(self) -> None:
        """Takes the errors away."""
        for one in self._fields().values():
            one.error = None

    def show_error(self, problem: Invalid) -> bool:
        """Shows the problem at its field; False where there is no such field here."""
        wrong = self._fields().get(problem.field)
        if wrong is not None:
            wrong.error = problem.message
            wrong.run_method("focus")
        return wrong is not None

    def on_submit(self, handler: Callable[[], object]) -> None:
        """Calls the handler when Enter is pressed in a field."""
        for one in (self._name, self._host, self._port, self._second, self._user, self._host_key):
            one.on("keydown.enter", handler)

    def _fields(self) -> dict[str, ui.input | ui.textarea]:
        return {
            "name": self._name,
            "new_name": self._name,
            "host": self._host,
            "port": self._port,
            "second_host": self._second,
            "ssh_user": self._user,
            "private_key": self._pasted,
            "passphrase": self._passphrase,
            "host_key": self._host_key,
        }

    def _sources(self, *, edits: bool) -> ui.radio:
        with element("fieldset", "stack none"):
            text("legend", _("The key with which we sign in there"), "small muted")
            options = {MAKE: _("Make a new key for this server"), UPLOAD: _("Use a key that I have")}
            if edits:
                options = {KEEP: _("Keep the present key"), UPLOAD: _("Use another key")}
            return ui.radio(options, value=KEEP if edits else MAKE)

    async def _uploaded(self, event: events.UploadEventArguments) -> None:
        content = await event.file.read()
        self._key = content.decode("utf-8", "replace")
        self._pasted.error = None


def port_of(typed: ui.input) -> int:
    """What was typed for a port. Raises Invalid where it cannot even be sent."""
    port = (typed.value or "").strip()
    if not (port.isascii() and port.isdigit()):
        raise Invalid("port", _("A port is a number, mostly 22."))
    return int(port)


def field(label: str, value: str, *, hint: str = "") -> ui.input:
    """One line of text for what a computer is called or where it is; nothing corrects it while it is typed."""
    typed = ui.input(label, value=value).without_auto_validation()
    typed.props("outlined dense hide-bottom-space autocomplete=off autocapitalize=none spellcheck=false")
    if hint:
        typed.props["hint"] = hint
        typed.props(remove="hide-bottom-space")
    return typed
