"""The words for every way in which a server cannot be spoken to: what happened, and what a person can do.

The closed list is `FailureCode`; the wording of one case stands here once, whoever finds it.
"""

from timekpr_mngr.errors import FailureCode, ServerFailure
from timekpr_mngr.texts import _, noop

SWITCHED_ON = noop("Check that the computer is switched on and in the network.")


def unknown_name(host: str) -> ServerFailure:
    """The name does not lead to an address."""
    return ServerFailure(
        FailureCode.UNREACHABLE,
        _("No computer is known by the name {host}.").format(host=host),
        _("Check the spelling, or use the computer's IP address."),
    )


def refused(host: str, port: int) -> ServerFailure:
    """Nothing listens at the port."""
    return ServerFailure(
        FailureCode.UNREACHABLE,
        _("{host} is there, but refuses SSH on port {port}.").format(host=host, port=port),
        _("Check the port, and that the SSH server (package openssh-server) is installed and runs there."),
    )


def no_route(host: str) -> ServerFailure:
    """The network says that the address cannot be reached."""
    return ServerFailure(
        FailureCode.UNREACHABLE,
        _("There is no way to {host} in the network.").format(host=host),
        _(SWITCHED_ON),
    )


def silent(host: str, port: int) -> ServerFailure:
    """Nothing came back at all: off, asleep, or behind a firewall."""
    return ServerFailure(
        FailureCode.UNREACHABLE,
        _("{host} does not answer on port {port}.").format(host=host, port=port),
        _("{switched_on} A firewall on it must let port {port} in.").format(
            switched_on=_(SWITCHED_ON), port=port
        ),
    )


def mute(host: str, port: int, seconds: float) -> ServerFailure:
    """The port accepts the connection and then says nothing that makes a login."""
    return ServerFailure(
        FailureCode.TIMEOUT,
        _(
            "{host} accepts the connection on port {port}, but no SSH login came about within "
            "{seconds:.0f} seconds."
        ).format(host=host, port=port, seconds=seconds),
        _("Check that the port is that of the SSH server, and that the computer is not overloaded."),
    )


def lost(host: str) -> ServerFailure:
    """The connection ended without a word."""
    return ServerFailure(
        FailureCode.UNREACHABLE,
        _("The connection to {host} was lost.").format(host=host),
        _("It is tried again by itself. {switched_on}").format(switched_on=_(SWITCHED_ON)),
    )


def turned_away(host: str) -> ServerFailure:
    """sshd closed the connection before the login: too many at once (MaxStartups), or it refuses us."""
    return ServerFailure(
        FailureCode.UNREACHABLE,
        _("{host} closed the connection before the login.").format(host=host),
        _(
            "It is tried again by itself. If it stays so, look at the SSH server's log there: too many connections at "
            "once (MaxStartups), or a rule that refuses this computer."
        ),
    )


def not_ssh(host: str, port: int) -> ServerFailure:
    """What answers speaks no SSH, or none that we speak."""
    return ServerFailure(
        FailureCode.UNREACHABLE,
        _("What answers on port {port} of {host} speaks no SSH that can be used here.").format(
            port=port, host=host
        ),
        _("Check the port. A very old SSH server has to be updated."),
    )


def too_many_channels(host: str) -> ServerFailure:
    """sshd refused to run another command on the connection."""
    return ServerFailure(
        FailureCode.UNREACHABLE,
        _("{host} refused to start another command on the open connection.").format(host=host),
        _(
            "It is tried again by itself. If it stays so, raise MaxSessions in the SSH server's settings (10 is usual)."
        ),
    )


def key_refused(host: str, account: str) -> ServerFailure:
    """sshd took none of our keys for this account."""
    return ServerFailure(
        FailureCode.AUTH,
        _("{host} does not let the key in as {account}.").format(host=host, account=account),
        _(
            "Put this server's line into ~/.ssh/authorized_keys of {account} there, and check the "
            "account's name. The account must not be locked (its password may be `*`, not `!`)."
        ).format(account=account),
    )


def login_refused(host: str, account: str) -> ServerFailure:
    """sshd took no password from this account."""
    return ServerFailure(
        FailureCode.AUTH,
        _("{host} does not let {account} in with this password.").format(host=host, account=account),
        _(
            "Check the login and the password. Some SSH servers take no passwords at all: then paste the line there "
            "instead."
        ),
    )


def bad_private_key() -> ServerFailure:
    """The key that is kept for the server cannot be used."""
    return ServerFailure(
        FailureCode.AUTH,
        _("The private key that is kept for this server cannot be used."),
        _("Upload the key again, or let a new one be made."),
    )


def host_key_changed(host: str) -> ServerFailure:
    """It shows another host key than the one that is trusted: nothing was sent to it."""
    return ServerFailure(
        FailureCode.HOST_KEY,
        _("{host} shows another host key than the one that is trusted. No login was tried.").format(
            host=host
        ),
        _(
            "Either the computer was installed anew, or another one answers in its place. Compare the "
            "fingerprint there (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), and only then trust the new one."
        ),
    )


def host_key_not_trusted(host: str) -> ServerFailure:
    """Nobody has trusted a host key of this server yet."""
    return ServerFailure(
        FailureCode.HOST_KEY,
        _("The host key of {host} is not trusted yet. No login was tried.").format(host=host),
        _("Compare its fingerprint with the one that the computer itself shows, then trust it."),
    )


def no_bridge(host: str) -> ServerFailure:
    """`systemd-stdio-bridge` cannot be run."""
    return ServerFailure(
        FailureCode.NO_BUS,
        _("The login on {host} works, but the program systemd-stdio-bridge cannot be run there.").format(
            host=host
        ),
        _(
            "It is part of the package systemd. Install it, and check the line in authorized_keys and that "
            "the account's shell is /bin/sh or another real shell."
        ),
    )


def no_bus(host: str) -> ServerFailure:
    """The bridge runs, the system bus does not answer through it."""
    return ServerFailure(
        FailureCode.NO_BUS,
        _("The login on {host} works, but its system bus cannot be reached.").format(host=host),
        _("Check that D-Bus runs there (systemctl status dbus), then check the line in authorized_keys."),
    )


def bus_closed() -> ServerFailure:
    """The bus ended the conversation."""
    return ServerFailure(
        FailureCode.NO_BUS,
        _("The server's system bus ended the conversation."),
        _(
            "It is tried again by itself. If it stays so, check that D-Bus runs there (systemctl status dbus)."
        ),
    )


def malformed(what: str) -> ServerFailure:
    """What came over the bus is no D-Bus, or not what was asked for."""
    return ServerFailure(
        FailureCode.NO_BUS,
        _("What the server answered cannot be understood: {what}.").format(what=what),
        _("Nothing of it was used. Check that the address leads to the right computer."),
    )


def not_in_group(account: str | None = None) -> ServerFailure:
    """The bus does not let the account speak to timekprd."""
    name = account or "ACCOUNT"
    return ServerFailure(
        FailureCode.NOT_IN_GROUP,
        _(
            "The account {account} is not in the group timekpr on the server, so it may not speak to timekpr."
        ).format(account=account)
        if account
        else _("The account is not in the group timekpr on the server, so it may not speak to timekpr."),
        _(
            "On the server, as root: usermod -aG timekpr {name}. It counts from the next connection on."
        ).format(name=name),
    )


def no_daemon() -> ServerFailure:
    """Nobody owns timekprd's name on the bus."""
    return ServerFailure(
        FailureCode.NO_DAEMON,
        _("timekpr does not run on the server, so no limits are enforced there."),
        _("Check that timekpr-next is installed, and start it there: systemctl enable --now timekpr"),
    )


def no_answer(what: str, seconds: float | None = None) -> ServerFailure:
    """A call was sent and no answer came; it may have had its effect."""
    if seconds is None:
        sentence = _("{what} got no answer.").format(what=what)
    else:
        sentence = _("{what} got no answer within {seconds:.0f} seconds.").format(what=what, seconds=seconds)
    return ServerFailure(
        FailureCode.TIMEOUT,
        sentence,
        _("It is tried again by itself. If it stays so, restart timekpr there: systemctl restart timekpr"),
    )


def daemon_refused(what: str) -> ServerFailure:
    """timekprd answered a call with an error of D-Bus instead of a result."""
    return ServerFailure(
        FailureCode.DAEMON_REFUSED,
        _("timekpr refused: {words}.").format(words=what.rstrip(".")),
        _("Nothing is known to be changed. Look at /var/log/timekpr.log there."),
    )


def files_not_readable(why: str) -> ServerFailure:
    """The conversation works, the reading of timekpr's files does not."""
    return ServerFailure(
        FailureCode.NO_BUS,
        _("The files of timekpr on the server cannot be read: {why}.").format(why=why),
        _("Check the line in authorized_keys, and that tar is installed there."),
    )


def closed_here() -> ServerFailure:
    """We ended the conversation ourselves."""
    return ServerFailure(
        FailureCode.UNREACHABLE, _("The conversation with the server was ended here."), _("Try again.")
    )
