"""The rig is what it says: real timekprd, real sshd, machines that keep to themselves."""


def test_hosts_have_addresses_of_their_own(make_host):
    one, two = make_host(), make_host()
    assert one.address != two.address
    assert two.ssh("hostname").stdout.strip() == two.name


def test_timekpra_lists_the_hosts_own_users(make_host):
    assert "alice" in make_host().timekpra("--userlist").split()
