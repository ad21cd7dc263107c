#!/bin/sh
# Lets timekpr-mngr look after timekpr on this computer, and after nothing else of it. To be run as root, as often as
# you like. What it does:
#   1. installs timekpr-next and an SSH server where they are missing, from this system's own packages;
#   2. makes an account without a password, in the group timekpr;
#   3. lets one key in as that account, which can speak to the system bus and read timekpr's files: no shell, no
#      forwarding, nothing else.
# With --remove it takes away what it made. Packages stay.
set -eu
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
umask 022

account=@ACCOUNT@
key=@KEY@
# shellcheck disable=SC2016 # the shell that sshd starts fills it in
line_start=@LINE_START@
line_end=@LINE_END@

# All of it belongs to root: who holds the key cannot change what the key may do.
home=/home/$account
made=$home/made-by-timekpr-mngr.txt
keys=$home/.ssh/authorized_keys

main() {
    exec </dev/null
    [ "$(id -u)" -eq 0 ] || fail "This has to be run as root: with sudo, or after su -."
    case ${1-} in
        '') add ;;
        --remove) remove ;;
        *) fail "Only --remove can be asked for." ;;
    esac
}

add() {
    check_the_account_is_ours
    installed=
    command -v timekprd >/dev/null || install_package timekpr-next
    command -v sshd >/dev/null || install_package "$(name_of_the_ssh_server)"
    getent group timekpr >/dev/null || fail "There is no group timekpr here, so timekpr-next is not installed in full."
    command -v systemd-stdio-bridge >/dev/null || fail "The program systemd-stdio-bridge is missing: a part of systemd."
    ssh_is_running || start_now_and_at_boot ssh sshd
    make_the_account
    let_the_key_in
    report
}

check_the_account_is_ours() {
    is_ours && return
    if id "$account" >/dev/null 2>&1 || [ -e "$home" ]; then
        fail "There is an account $account or a folder $home already, which this script did not make."
    fi
}

is_ours() { [ -n "$(find "$made" -prune -type f -user 0 2>/dev/null)" ]; }

install_package() {
    echo "Installing $1 …"
    if command -v apt-get >/dev/null; then
        export DEBIAN_FRONTEND=noninteractive
        apt-get -q update || true
        apt-get -q -y install "$1" || not_installed "$1"
    elif command -v dnf >/dev/null; then
        dnf -y install "$1" || not_installed "$1"
    elif command -v zypper >/dev/null; then
        zypper --non-interactive install "$1" || not_installed "$1"
    elif command -v pacman >/dev/null; then
        pacman -S --noconfirm --needed "$1" || not_installed "$1"
    else
        not_installed "$1"
    fi
    installed="$installed $1"
    [ "$1" != timekpr-next ] || start_now_and_at_boot timekpr
}

name_of_the_ssh_server() {
    if command -v pacman >/dev/null && ! command -v apt-get >/dev/null; then
        echo openssh
    else
        echo openssh-server
    fi
}

not_installed() {
    fail "$1 could not be installed from this system's packages. Install it by hand (on Arch timekpr-next is in the AUR)."
}

ssh_is_running() {
    systemctl is-active --quiet ssh.socket ssh sshd 2>/dev/null || pidof sshd >/dev/null 2>&1
}

start_now_and_at_boot() {
    for unit; do
        systemctl enable --now "$unit" >/dev/null 2>&1 && return
    done
    echo "Note: the service $1 could not be started. Start it here."
}

make_the_account() {
    mkdir -p "$home/.ssh"
    if ! is_ours; then
        {
            echo "The account $account was made by timekpr-mngr's script, which takes it away again with --remove."
            [ -z "$installed" ] || echo "It also installed:$installed"
        } >"$made"
    fi
    if id "$account" >/dev/null 2>&1; then
        usermod --append --groups timekpr --shell /bin/sh --password '*' "$account"
    else
        # below the numbers that timekpr takes for people's; with ! for a password some SSH servers call it locked
        useradd --system -K SYS_UID_MAX=998 --user-group --groups timekpr --comment timekpr-mngr \
            --no-create-home --home-dir "$home" --shell /bin/sh --password '*' "$account"
    fi
}

let_the_key_in() {
    line="$line_start$(more_folders)$line_end"
    if ! { [ -f "$keys" ] && grep -qxF -- "$line" "$keys"; }; then
        {
            other_lines
            printf '%s\n' "$line"
        } >"$keys.new"
        mv "$keys.new" "$keys"
    fi
    if command -v restorecon >/dev/null; then
        restorecon -R "$home"
    fi
}

# The folders that timekpr.conf names beside the usual ones; only plain paths get into the line.
more_folders() {
    known=' etc/timekpr var/lib/timekpr'
    for setting in TIMEKPR_CONFIG_DIR TIMEKPR_WORK_DIR; do
        folder=$(sed -n "s,^ *$setting *= *\(/.*[^/ ]\)[/ ]*\$,\1,p" /etc/timekpr/timekpr.conf | tail -n 1)
        case $folder in
            *[!A-Za-z0-9_./-]* | */[!A-Za-z0-9_]*) continue ;;
            /*/*) ;;
            *) continue ;;
        esac
        is_known=
        for other in $known; do
            case $folder/ in /"$other"/*) is_known=1 ;; esac
        done
        [ -n "$is_known" ] || known="$known ${folder#/}"
    done
    printf '%s' "${known#' etc/timekpr var/lib/timekpr'}"
}

other_lines() {
    if [ -f "$keys" ]; then
        grep -vF -- "$key" "$keys" || true
    fi
}

report() {
    settings=$(sshd -T 2>/dev/null) || settings=
    port=$(printf '%s\n' "$settings" | sed -n 's/^port //p' | head -n 1)
    echo
    echo "Done: timekpr-mngr may look after timekpr on this computer."
    echo
    echo "  Name         $(uname -n)"
    addresses | while read -r address; do echo "  Address      $address"; done
    echo "  Port         ${port:-22}"
    echo "  Fingerprint  $(fingerprint)"
    echo
    echo "Enter the address in timekpr-mngr, and compare the fingerprint there."
    if is_shut_out; then
        echo "Note: this computer's SSH server lets in only some accounts (AllowUsers, AllowGroups). Add $account there."
    fi
}

addresses() {
    if command -v ip >/dev/null; then
        ip -o addr show scope global | awk '$2 !~ /^(docker|br-|virbr|veth)/ { sub("/.*", "", $4); print $4 " (" $2 ")" }'
    else
        hostname -I 2>/dev/null | tr ' ' '\n' | grep . || true
    fi
}

# Of the key that timekpr-mngr is shown: the best kind that this SSH server has.
fingerprint() {
    files=$(printf '%s\n' "$settings" | sed -n 's/^hostkey //p')
    [ -n "$files" ] || files=$(ls /etc/ssh/ssh_host_*_key)
    for kind in ED25519 ECDSA RSA; do
        for file in $files; do
            shown=$(ssh-keygen -lf "$file" 2>/dev/null) || continue
            case $shown in
                *"($kind)")
                    printf '%s\n' "$shown" | cut -d ' ' -f 2
                    return
                    ;;
            esac
        done
    done
    echo "could not be read: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"
}

is_shut_out() {
    printf '%s\n' "$settings" | grep -q '^allowusers ' && ! has_setting "allowusers $account" && return
    printf '%s\n' "$settings" | grep -q '^allowgroups ' && ! has_setting 'allowgroups timekpr' &&
        ! has_setting "allowgroups $account"
}

has_setting() { printf '%s\n' "$settings" | grep -qxF -- "$1"; }

remove() {
    if ! is_ours; then
        check_the_account_is_ours
        echo "Nothing of timekpr-mngr's is on this computer."
        return
    fi
    others=$(other_lines)
    if [ -n "$others" ]; then
        printf '%s\n' "$others" >"$keys.new"
        mv "$keys.new" "$keys"
        echo "The key was taken away. The account $account stays, because another key may use it."
        return
    fi
    rm -f "$keys"
    if id "$account" >/dev/null 2>&1; then
        end_its_processes
        userdel "$account"
    fi
    if getent group "$account" >/dev/null; then
        groupdel "$account"
    fi
    sed -n 's/^It also installed:/Still installed, because it may be in use by now:/p' "$made"
    rm -f "$made"
    rmdir "$home/.ssh" "$home"
    echo "The account $account and its key are gone. timekpr goes on with its limits as they are."
}

# An open connection of timekpr-mngr's would keep the account from being removed.
end_its_processes() {
    pkill -KILL -u "$account" || true
    tries=50
    while [ "$tries" -gt 0 ] && pgrep -u "$account" >/dev/null; do
        tries=$((tries - 1))
        sleep 0.1
    done
}

fail() {
    echo "$1" >&2
    echo "Nothing else was changed." >&2
    exit 1
}

main "$@"
