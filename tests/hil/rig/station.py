"""The program under test in a guest, and its native twin on the host."""

import json
import os
import re
import shlex
import shutil
import subprocess
import time
from pathlib import Path

from .guest import Trouble, expect, wait_for

REPOSITORY = Path(__file__).resolve().parents[3]
BINARY = Path(os.environ.get("FISHRIG_AARCH64", REPOSITORY / "target/aarch64-unknown-linux-gnu/release/fishrig"))
NATIVE = Path(os.environ.get("FISHRIG_NATIVE", REPOSITORY / "target/debug/fishrig"))
PHOTOGRAPHS = REPOSITORY.parent / "shared/data/frames"
# How the station announces a record, also one that a key press saved in spite of a check.
SAVED = r"saved (\S+)(?: in spite of: .*)?$"


def native(*words, cwd=None):
    """Runs the host's own fishrig; gives what it printed."""
    done = subprocess.run([NATIVE, *map(str, words)], cwd=cwd, capture_output=True, text=True)
    expect(done.returncode == 0, f"fishrig {' '.join(map(str, words))} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def drawn_frames(folder, count, size="1280x720", seed=0, form="jpeg"):
    """Frames that fishrig draws, without their masks."""
    made = Path(folder).with_name(Path(folder).name + "-drawn")
    native("render", "-o", made, "--count", count, "--seed", seed, "--size", size, "--format", form)
    Path(folder).mkdir(parents=True)
    frames = sorted(p for p in made.iterdir() if p.suffix in (".jpg", ".png") and re.fullmatch(r"frame_\d+", p.stem))
    for frame in frames:
        shutil.move(frame, folder)
    shutil.rmtree(made)
    return [Path(folder) / f.name for f in frames]


def install(guest):
    """Puts the program under test where the guest finds it."""
    shutil.copy(BINARY, guest.share / "bin/fishrig")


def make_disk(path, megabytes=64, file_system="ext4"):
    """An empty, formatted image."""
    with open(path, "wb") as image:
        image.truncate(megabytes << 20)
    maker = {"ext4": ["/sbin/mkfs.ext4", "-q", "-F"], "f2fs": ["/sbin/mkfs.f2fs", "-q", "-f"]}[file_system]
    subprocess.run([*maker, path], check=True, stdout=subprocess.DEVNULL)
    return path


def saved_ids(log):
    """The ids of the records that these words announce as saved."""
    return re.findall(SAVED, log, re.MULTILINE)


class Station:
    """`fishrig run` in a guest, with its keys behind a pipe and its words in a file."""

    LOG = "/tmp/station.log"

    def __init__(self, guest, configuration, environment="", before=""):
        """`before` goes in front of the command, such as a supervisor."""
        self.guest = guest
        (guest.share / "station.toml").write_text(configuration)
        guest.shell("rm -f /tmp/keys; mkfifo /tmp/keys; (sleep 100000 > /tmp/keys &) ; rm -f " + self.LOG)
        guest.shell(f"({environment} {before} fishrig run -v --config /share/station.toml < /tmp/keys > {self.LOG} 2>&1; "
                    "echo \"fishrig ended $?\" >> " + self.LOG + ") &")

    def log(self):
        """All that it has said."""
        return self.guest.read(self.LOG)

    def pictures_taken(self):
        """How many pictures it said were taken."""
        return self.log().count("picture taken")

    def saved(self):
        """The ids that it said were saved."""
        return saved_ids(self.log())

    def keys(self, text):
        """Types lines; an empty one takes a picture."""
        escaped = text.replace("\\", "\\\\").replace("\n", "\\n")
        self.guest.shell(f"printf %b {shlex.quote(escaped)} > /tmp/keys")

    def take_first(self, seconds=120):
        """Presses the key until the first frame is there to be taken, and waits for its record; gives its id."""
        return self.take_first_by(lambda: self.keys("\n"), seconds, "the key")

    def take_first_by(self, press, seconds, name):
        """As `take_first`, by any trigger. A press before the first frame takes nothing, and one that took a picture is the last."""
        def taken():
            press()
            time.sleep(1)
            return self.pictures_taken() > 0

        wait_for(taken, seconds, f"a picture by {name}")
        return self.wait_saved(1, seconds)[0]

    def press_until(self, pattern, seconds=120):
        """Presses the key every second until it says this; gives the match."""
        def said():
            self.keys("\n")
            time.sleep(1)
            return re.search(pattern, self.log(), re.MULTILINE)

        return wait_for(said, seconds, f"the station says {pattern!r}", every=0)

    def wait_says(self, pattern, seconds=60, words=None, after=0):
        """Waits until its log, from the character `after` on, has this."""
        def found():
            log = self.log()[after:]
            match = re.search(pattern, log, re.MULTILINE)
            ended = re.search(r"^fishrig ended \d+", log, re.MULTILINE)
            if not match and ended:
                raise Trouble(f"the station ended instead of saying {pattern!r}:\n{log[-3000:]}")
            return match

        try:
            return wait_for(found, seconds, words or f"the station says {pattern!r}", every=0.5)
        except Trouble as trouble:
            raise Trouble(f"{trouble}\n{self.log()[-3000:]}") from None

    def wait_saved(self, count, seconds=60):
        """Waits until so many records were announced; gives their ids."""
        def enough():
            ids = self.saved()
            return ids if len(ids) >= count else None

        try:
            return wait_for(enough, seconds, f"{count} saved records", every=0.5)
        except Trouble as trouble:
            raise Trouble(f"{trouble}\n{self.log()[-3000:]}") from None

    def finish(self, seconds=60):
        """Ends it as its operator does; gives its exit status."""
        self.keys("q\n")
        return self.wait_end(seconds)

    def wait_end(self, seconds=60):
        """Waits for its end; gives its exit status."""
        ended = wait_for(lambda: re.search(r"^fishrig ended (\d+)", self.log(), re.MULTILINE), seconds, "the station's end")
        return int(ended[1])


def records(guest, root):
    """The records under a folder of the guest, as `fishrig store list` tells them."""
    text = guest.shell(f"fishrig store list --json --root {root} 2>/dev/null", 120)
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]
