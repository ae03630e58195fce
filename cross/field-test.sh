#!/usr/bin/env bash
# cross/field-test.sh [OPTIONS] [before-cut | after-cut]
#
# Collects what a person with a real Raspberry Pi or Jetson sees and measures, in one file to send back: field-test-HOST-DATE.txt. The steps have the
# numbers of cross/field-test.md. What a machine lacks is written down as lacking; nothing is changed on it, but for ten records that step 7 takes.
#
#   before-cut      step 9, before the power is cut: counts and verifies the records
#   after-cut       step 9, after the machine has started again: the same, and says what was lost
#   --config FILE   the station's configuration (default /etc/fishrig/station.toml)
#   --records DIR   its records (default: store.root of that file)
#   --output DIR    where the results go (default: here)
#   --unattended    asks nothing: a step that needs a person's eyes is written down as not done
#   --quick         2 runs and 2 records instead of 10
set -uo pipefail

config=/etc/fishrig/station.toml
records=
output=.
ask=yes
repeats=10
part=all
usage() {
    sed -n '2,/^set /{s/^# \{0,1\}//p;s/^#$//p}' "$0"
    exit "$1"
}
while [ $# -gt 0 ]; do
    case $1 in
        --config) config=${2:?--config FILE} && shift ;;
        --records) records=${2:?--records DIR} && shift ;;
        --output) output=${2:?--output DIR} && shift ;;
        --unattended) ask= ;;
        --quick) repeats=2 ;;
        before-cut | after-cut) part=$1 ;;
        -h | --help) usage 0 ;;
        *) usage 2 >&2 ;;
    esac
    shift
done
# The value of store.root. Other tables may have a key of this name.
if [ -z "$records" ] && [ -r "$config" ]; then
    records=$(sed -n '/^\[store\]/,/^\[/s/^root *= *"\(.*\)".*/\1/p' "$config" | head -n 1)
    case $records in
        '' | /*) ;;
        *) records=$(dirname "$config")/$records ;;
    esac
fi
records=${records:-/var/lib/fishrig/records}
mkdir -p "$output" || exit 2
results=$output/field-test-$(hostname)-$(date +%Y-%m-%d).txt
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo -n)

say() {
    printf '%s\n' "$*" | tee -a "$results"
}

step() {
    say ''
    say "== $*"
}

has() {
    command -v "$1" >/dev/null 2>&1
}

# Writes down a command, what it says (as far as it is readable), and how it ended. At most two minutes.
try() {
    say "\$ $*"
    if ! has "$1"; then
        say "   not on this machine: $1"
        return 127
    fi
    local status=0
    timeout --kill-after=5 120 "$@" </dev/null 2>&1 | tr -d '\000' | head -n 200 | sed 's/^/   /' | tee -a "$results"
    status=${PIPESTATUS[0]}
    [ "$status" = 0 ] || say "   ended with $status"
    return "$status"
}

# Writes down a file of the kernel's, one line.
show() {
    local file
    for file in "$@"; do
        [ -r "$file" ] && [ -f "$file" ] && say "   $file: $(tr -d '\000' <"$file" | head -c 300 | tr '\n' ' ')"
    done
    return 0
}

# question WORDS: what a person answers.
question() {
    if [ -z "$ask" ] || ! { : </dev/tty; } 2>/dev/null; then
        say "   not done, nobody was asked: $1"
        return
    fi
    local answer
    printf '%s\n> ' "$1" >/dev/tty
    IFS= read -r answer </dev/tty || answer=
    printf '%s\n> %s\n' "$1" "${answer:-no answer}" >>"$results"
}

# nodes PATTERN-RESULTS: those that exist.
nodes() {
    local node names=
    for node in "$@"; do
        [ -e "$node" ] && names+=" $node"
    done
    say "   nodes:${names:- none}"
}

temperature() {
    local zone
    for zone in /sys/class/thermal/thermal_zone*; do
        [ -r "$zone/temp" ] && say "   $(cat "$zone/type"): $(awk '{ printf "%.1f °C", $1 / 1000 }' "$zone/temp" 2>/dev/null)"
    done
    show /sys/devices/system/cpu/cpu*/cpufreq/scaling_cur_freq
    # Raspberry Pi: bit 0 under-voltage now, 1 frequency capped, 2 throttled, 3 soft temperature limit; 16 to 19 the same since the start.
    show /sys/devices/platform/soc/soc:firmware/get_throttled
    if has vcgencmd; then try vcgencmd get_throttled; fi
    if has tegrastats; then try timeout 2 tegrastats; fi
    return 0
}

record_count() {
    find "$records" -mindepth 3 -maxdepth 3 -name record.toml 2>/dev/null | wc -l
}

milliseconds() {
    echo $(($(date +%s%N) / 1000000))
}

machine() {
    step '1 machine'
    show /proc/device-tree/model /sys/class/dmi/id/product_name /etc/nv_tegra_release
    say "   $(sed -n 's/^PRETTY_NAME=//p' /etc/os-release 2>/dev/null)"
    try uname -srvm
    try getconf GNU_LIBC_VERSION
    try getconf PAGESIZE
    say "   processors: $(nproc); $(grep -m 1 -E '^(Features|flags)' /proc/cpuinfo | cut -c 1-600)"
    say "   $(grep -m 1 MemTotal /proc/meminfo)"
    show /sys/devices/system/cpu/cpu0/cpufreq/scaling_governor
    if has nvpmodel; then try nvpmodel -q; fi
    if has dpkg-query; then
        try dpkg-query -W fishrig
        dpkg-query -W nvidia-l4t-core >/dev/null 2>&1 && try dpkg-query -W nvidia-l4t-core
    fi
    try fishrig --version
    try groups
}

doctor() {
    step '2 doctor'
    runs && say '   the service runs, so that its camera and display are not free: stop it first (sudo systemctl stop fishrig)'
    try fishrig config check "$config"
    try fishrig doctor --config "$config"
    try fishrig doctor --config "$config" --json
}

storage() {
    step '3 storage and clock'
    try findmnt --target "$records" --output SOURCE,FSTYPE,OPTIONS,SIZE,AVAIL
    show /sys/block/mmcblk*/device/name /sys/block/*/device/model /sys/block/mmcblk*/device/life_time
    local file=$records/.field-test.$$
    if touch "$file" 2>/dev/null; then
        say 'time of 50 synced writes of 64 KiB:'
        try dd if=/dev/zero "of=$file" bs=64k count=50 oflag=dsync
        rm -f "$file"
    else
        say "   $records is not there yet, or can't be written by $(id -un): no write times (sudo helps)"
    fi
    if has timedatectl; then try timedatectl show; fi
}

# Whether the service runs.
runs() {
    [ "$(systemctl is-active fishrig 2>/dev/null)" = active ]
}

# A picture to send along; the camera is free only while the station does not run.
snapshot() {
    local picture=${results%.txt}.png
    if runs; then
        say '   no snapshot: the station has the camera'
    else
        try fishrig camera snapshot --config "$config" --output "$picture"
    fi
}

devices() {
    step '4 camera'
    nodes /dev/video*
    if has v4l2-ctl; then try v4l2-ctl --list-devices; fi
    try fishrig camera list
    try fishrig camera controls
    snapshot
    runs || question 'Start the station: sudo systemctl start fishrig. Enter when the screen shows the preview.'
    question 'Unplug the camera while the station runs, count to ten, plug it in again. What did the screen say, and did the picture come back?'

    step '5 display'
    local connector
    for connector in /sys/class/drm/card*-*; do
        [ -r "$connector/status" ] && say "   ${connector##*/}: $(cat "$connector/status"), $(head -n 1 "$connector/modes" 2>/dev/null)"
    done
    show /sys/class/graphics/fb0/name /sys/class/graphics/fb0/virtual_size /sys/class/graphics/fb0/bits_per_pixel
    nodes /dev/dri/card* /dev/fb* /dev/spidev*
    question 'Does the picture fill the screen, upright, with the right colours (the dorsal fin as in the legend)? Any tearing?'
    question 'systemctl stop fishrig: is the text console back? Start it again.'

    step '6 buttons and lamp'
    nodes /dev/gpiochip*
    if has gpiodetect; then try gpiodetect; fi
    grep -h '^N: Name=' /proc/bus/input/devices 2>/dev/null | sed 's/^N: Name=/   input: /' | tee -a "$results"
    question 'Press the button ten times, each time when "Saved" is shown. How many records came of it?'
    question 'Hold the button down: did the session end, and did the lamp show it?'
}

speed() {
    step '7 speed'
    say 'before:'
    temperature
    try fishrig model bench --runs "$repeats"
    try fishrig model bench --runs "$repeats" --threads 1
    say 'after the network:'
    temperature
    take_records
    say 'after the records:'
    temperature
    try fishrig store verify --root "$records"
}

# Whether a process has a handler for SIGUSR1 by now (bit 9 of SigCgt); without one the signal would end it.
takes_signal() {
    local caught tries
    for tries in $(seq 600); do
        caught=$(sed -n 's/^SigCgt:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null) || return 1
        [ -n "$caught" ] || return 1
        [ $((0x$caught & 0x200)) != 0 ] && return 0
        sleep 0.1
    done
    say "   waited for $tries tenths of a second"
    return 1
}

# From the signal until the record is committed, with the service if it runs, else with a station of our own.
take_records() {
    local pid own=
    pid=$(has systemctl && systemctl show --property MainPID --value fishrig 2>/dev/null)
    if [ "${pid:-0}" = 0 ]; then
        say "   the service does not run; a station of this script's own takes the records"
        fishrig run --config "$config" </dev/null >/dev/null 2>>"$results" &
        own=$! pid=$!
    fi
    if ! takes_signal "$pid"; then
        say "   the station (process $pid) does not run or is not ready after a minute"
        return
    fi
    sleep 3
    local number before started waited
    for number in $(seq "$repeats"); do
        if ! kill -USR1 "$pid" 2>/dev/null && ! "${as_root[@]}" kill -USR1 "$pid" 2>/dev/null; then
            say "   the station (process $pid) takes no signal: it has ended, or this needs sudo"
            break
        fi
        before=$(record_count)
        started=$(milliseconds)
        waited=0
        while [ "$(record_count)" -le "$before" ] && [ "$waited" -lt 60000 ]; do
            sleep 0.05
            waited=$(($(milliseconds) - started))
        done
        if [ "$waited" -ge 60000 ]; then
            say "   record $number: none after 60 s (is there a fish in the picture?)"
            break
        fi
        say "   record $number: $waited ms"
    done
    say "   the station's memory: $(grep -s -E '^Vm(HWM|RSS)' "/proc/$pid/status" | tr -s '\t\n ' ' ')"
    if [ -n "$own" ]; then
        kill "$own" 2>/dev/null
        wait "$own"
        say "   the station ended with $?"
    fi
}

service() {
    step '8 service'
    if ! has systemctl || [ ! -d /run/systemd/system ]; then
        say '   no systemd here'
        return
    fi
    try systemctl --no-pager status fishrig
    try systemctl show fishrig --property ActiveState,SubState,NRestarts,Result,StatusText,WatchdogUSec,ExecMainStatus
    try systemd-analyze
    if has journalctl; then try "${as_root[@]}" journalctl --unit fishrig --boot --no-pager --lines 60; fi
    question 'sudo systemctl kill --signal=STOP fishrig: is the station back within about a minute?'
    question 'Restart the machine. Seconds until the station shows a picture?'
}

# The ids of all records, one a line.
ids() {
    find "$records" -mindepth 3 -maxdepth 3 -name record.toml 2>/dev/null | sed 's|/record.toml$||; s|.*/||' | sort
}

before_cut() {
    step '9 power cut: before'
    try fishrig store verify --root "$records"
    ids >"$output/field-test-ids-before"
    say "   $(record_count) records"
    say "Now take pictures, and pull the plug in the middle of it, not by switching off. Note the id of the last one that the screen showed as saved."
    say "When the machine has started again: $0 after-cut"
    sync
}

after_cut() {
    step '9 power cut: after'
    try fishrig store verify --root "$records"
    local verified=$?
    say "   $(record_count) records"
    if [ -r "$output/field-test-ids-before" ]; then
        local lost
        lost=$(ids | comm -23 "$output/field-test-ids-before" - | tr '\n' ' ')
        say "   of the records before the cut are gone: ${lost:-none}"
    fi
    say "   verify ended with $verified: $([ "$verified" = 0 ] && echo whole || echo DAMAGED)"
    if has journalctl; then try "${as_root[@]}" journalctl --boot --no-pager --dmesg --grep 'recover|orphan|EXT4|F2FS'; fi
    question 'The id of the last record that the screen showed as saved: is it in fishrig store list?'
}

say "fishrig field test, $(date --iso-8601=seconds), $(hostname), $part"
case $part in
    before-cut) before_cut ;;
    after-cut) after_cut ;;
    all)
        machine
        doctor
        storage
        devices
        speed
        service
        step '10 anything else'
        question 'What else was seen?'
        ;;
esac
say ''
say "written: $results (it names this host and its devices; look through it before you send it)"
