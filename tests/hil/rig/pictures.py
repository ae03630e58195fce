"""Pictures on the host: frames for the loopback camera, and what displays showed, to compare.

All conversions here are written apart from fishrig's own, so that an error in one is no error in the other.
"""

import io
from pathlib import Path

import numpy
from PIL import Image


def read(path):
    """A picture file as rows × columns × RGB."""
    return numpy.asarray(Image.open(path).convert("RGB"))


def of_screen(screen):
    """What `Guest.screen` gave, likewise."""
    width, height, pixels = screen
    return numpy.frombuffer(pixels, numpy.uint8).reshape(height, width, 3)


def of_rgb565(width, height, words):
    """16-bit words, each channel widened by repeating its upper bits."""
    values = numpy.asarray(words, numpy.uint16).reshape(height, width)
    red, green, blue = values >> 11, (values >> 5) & 63, values & 31
    wide = [red << 3 | red >> 2, green << 2 | green >> 4, blue << 3 | blue >> 2]
    return numpy.stack(wide, axis=2).astype(numpy.uint8)


def yuyv(picture):
    """YUYV of a picture of even width: BT.601, limited range (ITU-R BT.601-7), chroma of two pixels averaged."""
    red, green, blue = numpy.moveaxis(picture.astype(numpy.float64) / 255, 2, 0)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    blueness, redness = (blue - luma) / 1.772, (red - luma) / 1.402
    packed = numpy.empty((*luma.shape, 2), numpy.uint8)
    packed[:, :, 0] = numpy.rint(16 + 219 * luma)
    for first, chroma in ((0, blueness), (1, redness)):
        pairs = (chroma[:, 0::2] + chroma[:, 1::2]) / 2
        packed[:, first::2, 1] = numpy.rint(128 + 224 * pairs)
    return packed.tobytes()


def letterboxed(picture, size):
    """A photograph in the camera's size, on black."""
    image = Image.fromarray(picture)
    image.thumbnail(size, Image.Resampling.LANCZOS)
    canvas = Image.new("RGB", size)
    canvas.paste(image, ((size[0] - image.width) // 2, (size[1] - image.height) // 2))
    return numpy.asarray(canvas)


def jpeg(picture, quality=92):
    """As a camera's JPEG."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return file.getvalue()


def difference(one, other, tolerance=24):
    """Share of pixels whose colours differ by more than so many levels in some channel."""
    far = numpy.abs(one.astype(int) - other.astype(int)).max(axis=2) > tolerance
    return float(far.mean())


def trait_agreement(one, other):
    """Least IoU over the traits in either of two 16-bit trait files (bit k: trait k + 1), and the name of its bit."""
    first, second = (numpy.asarray(Image.open(p)).astype(numpy.uint16) for p in (one, other))
    if first.shape != second.shape:
        return 0.0, "sizes"
    scores = {}
    for bit in range(12):
        a, b = (first >> bit) & 1, (second >> bit) & 1
        union = int((a | b).sum())
        if union:
            scores[bit] = int((a & b).sum()) / union
    if not scores:
        return 1.0, None
    worst = min(scores, key=scores.get)
    return scores[worst], worst


class Panel:
    """What a MIPI panel shows after a log of its bus: clock on line 0, data 1, select 4 (low), data/command 5, reset 6."""

    def __init__(self, width, height):
        self.picture = numpy.zeros((height, width, 3), numpy.uint8)
        self.is_on = False
        self.pixels = self.outside = self.bytes = self.resets = 0
        self.commands = {}
        self._levels = [0] * 8
        self._levels[4] = 1
        self._bits = self._count = 0
        self._command, self._arguments = None, []
        self._columns, self._rows = (0, width - 1), (0, height - 1)
        self._at = [0, 0]

    def replay(self, trace: Path):
        """Clocks every change of QEMU's log of the chip's lines."""
        with open(trace, errors="replace") as lines:
            for words in lines:
                if "pl061_set_output" in words:
                    parts = words.split()
                    self._change(int(parts[-3]), int(parts[-1]))
        return self

    def _change(self, line, level):
        rises = level and not self._levels[line]
        self._levels[line] = level
        if line == 6 and not level:
            self.resets += 1
        if line == 4 and level:
            self._bits = self._count = 0
        if line == 0 and rises and not self._levels[4]:
            self._bits, self._count = self._bits << 1 | self._levels[1], self._count + 1
            if self._count == 8:
                self._byte(self._bits)
                self._bits = self._count = 0

    def _byte(self, byte):
        self.bytes += 1
        if not self._levels[5]:
            self._command, self._arguments = byte, []
            self.commands[byte] = self.commands.get(byte, 0) + 1
            if byte == 0x2C:
                self._at = [self._columns[0], self._rows[0]]
            elif byte in (0x28, 0x29):
                self.is_on = byte == 0x29
            return
        self._arguments.append(byte)
        got = self._arguments
        if self._command in (0x2A, 0x2B) and len(got) == 4:
            ends = (got[0] << 8 | got[1], got[2] << 8 | got[3])
            if self._command == 0x2A:
                self._columns = ends
            else:
                self._rows = ends
        elif self._command in (0x2C, 0x3C) and len(got) == 2:
            self._pixel(got[0] << 8 | got[1])
            self._arguments = []

    def _pixel(self, word):
        column, row = self._at
        if row < self.picture.shape[0] and column < self.picture.shape[1]:
            self.picture[row, column] = of_rgb565(1, 1, [word])[0, 0]
            self.pixels += 1
        else:
            self.outside += 1
        column += 1
        if column > self._columns[1]:
            column, row = self._columns[0], row + 1
        if row > self._rows[1]:
            row = self._rows[0]
        self._at = [column, row]
