"""The native run on the host that a guest's picture is held against."""

import re
import shutil
import subprocess
import time
from pathlib import Path

from . import pictures
from .guest import expect, wait_for
from .station import NATIVE, SAVED

CONFIGURATION = """
[station]
name = "rig"
id = "HIL-{{counter:04}}"

[source]
path = "frames"
repeat = 1000000
frames_per_second = 5

[display]
kind = "png"
size = [{width}, {height}]
directory = "screen"
keep = 0

[store]
root = "records"
floor_megabytes = 8
"""


class Twin:
    """`fishrig run` on the host: one frame, a PNG display of the same size as the guest's; with a record, if asked for."""

    def __init__(self, folder, frame, size, record=False):
        self.folder = Path(folder)
        (self.folder / "frames").mkdir(parents=True)
        shutil.copy(frame, self.folder / "frames")
        (self.folder / "station.toml").write_text(CONFIGURATION.format(width=size[0], height=size[1]))
        log = self.folder / "log"
        with open(log, "wb") as words:
            process = subprocess.Popen([NATIVE, "run", "--config", "station.toml"], cwd=self.folder, stdin=subprocess.PIPE,
                                       stdout=subprocess.DEVNULL, stderr=words, text=True)
        try:
            if record:
                def pressed():
                    process.stdin.write("\n")
                    process.stdin.flush()
                    time.sleep(1)
                    return re.search(SAVED, log.read_text(), re.MULTILINE)

                self.identifier = wait_for(pressed, 60, "the native record")[1]
            time.sleep(MESSAGES_LAST + 3)  # the network on a busy host
            self.screen = pictures.read(self.folder / "screen/latest.png")
        finally:
            process.terminate()
            process.wait(20)

    def record(self):
        """The folder of its record."""
        return next((self.folder / "records").glob(f"*/{self.identifier}"))


# For so long a message stays on the display, in seconds.
MESSAGES_LAST = 10


def same_screen(folder, screen, twin, most, tolerance=24):
    """Whether the guest's screen is the twin's, but for a share of the pixels: words that tell time, edges of masks."""
    pictures.Image.fromarray(screen).save(Path(folder) / "screen.png")
    pictures.Image.fromarray(twin).save(Path(folder) / "native.png")
    expect(screen.shape == twin.shape, f"the screen is {screen.shape[1]}x{screen.shape[0]}, the native one {twin.shape[1]}x{twin.shape[0]}")
    different = pictures.difference(screen, twin, tolerance)
    expect(different < most, f"{different:.2%} of the screen differ from the native overlay: {folder}/screen.png, native.png")
    return different
