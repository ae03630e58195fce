#!/bin/bash
# Runs inside the guest of cross/service-test.sh, as a service of systemd's: tries the installed package, and says what held.
set -u

records=/var/lib/fishrig/records
configuration=/etc/fishrig/station.toml

# holds WORDS COMMAND…: whether a command succeeds, tried for two minutes and a half: the guest is slow.
holds() {
    local words=$1 tries
    shift
    for tries in $(seq 150); do
        if "$@"; then
            echo "GUEST ok: $words (after $tries s)"
            return
        fi
        sleep 1
    done
    echo "GUEST FAILED: $words"
    systemctl --no-pager show fishrig --property ActiveState,SubState,Result,NRestarts,StatusText
    journalctl --unit fishrig --boot --no-pager --output cat --lines 20
}

property() {
    systemctl show --property "$1" --value fishrig
}

is() {
    [ "$(property "$1")" = "$2" ]
}

says() {
    property StatusText | grep -q "$1"
}

refused() {
    ! "$@" 2>/dev/null
}

record_count() {
    find "$1" -name record.toml 2>/dev/null | wc -l
}

# How a kernel tells what a process may do: /proc/PID/status.
process_has() {
    grep -q "^$1:[[:space:]]*$2\$" "/proc/$(property MainPID)/status"
}

# A key's value, wherever it stands first.
set_key() {
    sed -i "0,/^$1 = .*/s||$1 = $2|" "$configuration"
}

has_records() {
    [ "$(record_count "$2")" -ge "$1" ]
}

device_of_group() {
    [ "$(stat --format %G:%a "$1")" = "$2:660" ]
}

journal_lacks() {
    ! journalctl --unit fishrig --boot --output cat | grep "$1"
}

cp "$configuration" /srv/installed.toml
holds 'the installation has started nothing' is ActiveState inactive
holds 'the rules give lines to their group' device_of_group /dev/gpiochip0 gpio
holds 'the installed configuration is taken' fishrig config check "$configuration"
systemctl start fishrig
holds 'the service runs with camera and display' is ActiveState active
holds 'it is ready' says '^ready'
holds 'the console could be switched to graphics' journal_lacks "cursor can't be hidden"
holds 'the display could be opened' journal_lacks 'permission'
echo "GUEST screen"
sleep 5

holds 'one capability alone' process_has CapEff 0000000004000000
holds 'no new privileges' process_has NoNewPrivs 1
holds 'system calls are filtered' process_has Seccomp 2
inside=(nsenter --mount --target "$(property MainPID)")
holds 'the system is read-only' refused "${inside[@]}" touch /etc/fishrig/written
holds 'its records are not' "${inside[@]}" touch /var/lib/fishrig/written

sed -i -e 's/^kind = "v4l"/kind = "replay"/' -e 's|^# path = |path = |' -e 's/^# looping = true/looping = true/' "$configuration"
sed -i -e '/^device = /d' -e '/^size = /d' -e 's|^root = .*|&\nfloor_megabytes = 0|' "$configuration"
systemctl restart fishrig
holds 'recorded frames run too' says '^ready'
systemctl kill --signal=USR1 fishrig
holds 'a signal makes a record' has_records 1 "$records"
holds 'it is whole' fishrig store verify --root "$records"

systemctl kill --signal=STOP fishrig
holds 'the watchdog has it started again' is NRestarts 1
holds 'it runs again' says '^ready'

cp "$configuration" /srv/good.toml
echo 'nonsense = 1' >>"$configuration"
systemctl restart fishrig
holds 'a broken configuration is told, and it stays up' says 'configuration has an error'
holds 'that is active to systemd' is ActiveState active
cp /srv/good.toml "$configuration"
holds 'it goes on when the file is whole again' says '^ready'

install -d -o fishrig -g fishrig /srv/fish
set_key root '"/srv/fish/records"'
systemctl restart fishrig
holds 'another folder is closed to it' says "can't be written"
mkdir -p /etc/systemd/system/fishrig.service.d
printf '[Service]\nReadWritePaths=/srv/fish\n' >/etc/systemd/system/fishrig.service.d/records.conf
systemctl daemon-reload
systemctl restart fishrig
holds 'a drop-in opens it' says '^ready'
systemctl kill --signal=USR1 fishrig
holds 'records go there' has_records 1 /srv/fish/records

systemctl stop fishrig
holds 'it ends when told' is Result success
holds 'the kernel has killed nothing' refused grep -q SECCOMP <(dmesg)
dpkg --purge fishrig >/dev/null
holds 'records outlive the package' has_records 1 "$records"
echo 'GUEST end'
systemctl poweroff --no-block
