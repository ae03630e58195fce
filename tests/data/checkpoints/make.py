"""Writes the small checkpoints beside this file, and expected.json with what torch itself says about them. With torch 2.0.1:
    python make.py
The legacy_* files that torch writes differ from run to run: torch names their storages by addresses in memory.
"""
import collections
import inspect
import io
import json
import os
import pickle
import struct
import zipfile

import torch
from torch import nn

os.chdir(os.path.dirname(os.path.abspath(__file__)))
inspect.getsourcefile = lambda _: "make.py"  # The older form keeps the path of a class's source.
torch.manual_seed(1)
EXPECTED = {}


def save(name, thing, tensors, form, ignored=(), **options):
    """tensors: what the state dictionary of the network is, by torch's own account."""
    torch.save(thing, name, **options)
    expect(name, tensors, form, ignored)


def expect(name, tensors, form, ignored=()):
    EXPECTED[name] = {
        "form": form,
        "ignored": list(ignored),
        "tensors": {
            key: {"element": str(t.dtype).removeprefix("torch."), "shape": list(t.shape), "bits": bits(t)}
            for key, t in tensors.items()
        },
    }


def bits(tensor):
    """The values as float32, in row-major order, and of each the bits as a signed integer."""
    return tensor.detach().float().contiguous().flatten().view(torch.int32).tolist()


def ramp(*shape, dtype=torch.float32):
    count = 1
    for length in shape:
        count *= length
    return (torch.arange(count, dtype=torch.float32) / 4 - 1).reshape(shape).to(dtype)


class Scale(nn.Module):
    """A module of our own, since the older form keeps the source of module classes."""

    def __init__(self):
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(1.5))
        self.weight = nn.Parameter(ramp(2, 3))
        self.absent = nn.Parameter(torch.zeros(1))
        self.register_parameter("absent", None)
        self.register_buffer("count", torch.tensor(7))
        self.register_buffer("scratch", torch.zeros(3), persistent=False)


# Types of elements, and tensors without dimensions.
elements = collections.OrderedDict(
    float64=torch.tensor([0.1, -1e300, 1e-300, float("inf")], dtype=torch.float64),
    float32=torch.tensor([0.1, -0.0, 3e38]),
    float16=torch.tensor([0.1, 65504.0, 6e-8, float("-inf")], dtype=torch.float16),
    bfloat16=torch.tensor([0.1, 3e38, -1e-40], dtype=torch.bfloat16),
    int64=torch.tensor([2**53 + 1, -(2**63), 2**24 + 1], dtype=torch.int64),
    int32=torch.tensor([2**31 - 1, -(2**31)], dtype=torch.int32),
    int16=torch.tensor([-32768, 32767], dtype=torch.int16),
    int8=torch.tensor([-128, 127, -1], dtype=torch.int8),
    uint8=torch.tensor([0, 255, 128], dtype=torch.uint8),
    bool=torch.tensor([True, False, True]),
    scalar=torch.tensor(0.3),
    counter=torch.tensor(2**40 + 1),
)
save("elements.pth", elements, elements, "ZipStateDict")
save("legacy_elements.pth", elements, elements, "LegacyStateDict", _use_new_zipfile_serialization=False)

# Views.
base = ramp(4, 6)
views = collections.OrderedDict(
    transposed=base.t(),
    column=base[:, 2],
    corner=base[1:3, 4:],
    every_other=base[::2, ::3],
    diagonal=base.diagonal(),
    windows=torch.arange(5.0).unfold(0, 3, 1),
    expanded=torch.tensor([1.0, 2.0])[:, None].expand(2, 3),
    repeated=torch.tensor(0.25).expand(2, 1, 2),
    permuted=ramp(2, 3, 1, 2).permute(3, 1, 0, 2),
    one_row=base[3:4].t().contiguous().t(),
    empty=torch.zeros(0, 3),
    empty_view=base[:0, 1:],
    half_columns=ramp(3, 4, dtype=torch.float16)[:, 1:3],
)
save("views.pth", views, views, "ZipStateDict")
save("legacy_views.pth", views, views, "LegacyStateDict", _use_new_zipfile_serialization=False)

# Whole networks: tied parameters, missing biases, buffers that are not saved, modules within modules.
tied = nn.Sequential(
    collections.OrderedDict(first=nn.Linear(2, 2, bias=False), norm=nn.BatchNorm2d(2), second=nn.Linear(2, 2), own=Scale())
)
tied.second.weight = tied.first.weight
tied.again = tied.own
save("tied_module.pth", tied, tied.state_dict(), "ZipModule")
save("data_parallel_module.pth", nn.DataParallel(tied), tied.state_dict(), "ZipModule")
save("legacy_module.pth", Scale(), Scale().state_dict(), "LegacyModule", _use_new_zipfile_serialization=False)
nested = {"model": tied.own, "epoch": 3}
save("module_in_dict.pth", nested, tied.own.state_dict(), "ZipModule", ["epoch"])

# What training scripts write.
own = Scale()
optimizer = torch.optim.Adam([p for p in own.parameters() if p is not None])
(own.weight.sum() * own.factor).backward()
optimizer.step()
save(
    "training.pth",
    {"epoch": 12, "loss": torch.tensor(0.5), "model_state_dict": own.state_dict(), "optimizer_state_dict": optimizer.state_dict()},
    own.state_dict(),
    "ZipStateDict",
    ["epoch", "loss", "optimizer_state_dict"],
)
save("named.pth", {"encoder": own.state_dict(), "args": {"lr": 0.1}}, own.state_dict(), "ZipStateDict", ["args"])
mixed = {"weight": ramp(2), "version": 3, "notes": ["a", None], 5: ramp(1)}
save("mixed.pth", mixed, {"weight": mixed["weight"]}, "ZipStateDict", ["version", "notes", "5"])
parameters = dict(own.named_parameters())
save("parameters.pth", parameters, parameters, "ZipStateDict")

# Parameters and tensors with attributes of their own.
marked = {"parameter": nn.Parameter(ramp(3)), "tensor": ramp(2, 2)}
marked["parameter"].origin = "here"
marked["tensor"].origin = "there"
save("attributes.pth", marked, marked, "ZipStateDict")

# Later protocols of pickle.
for protocol in (3, 4, 5):
    save(f"protocol{protocol}.pth", own.state_dict(), own.state_dict(), "ZipStateDict", pickle_protocol=protocol)

# What torch 2.1 and later add to the archive, and how they write types that have no storage class.
class Named:
    """Pickles as a global name, without the thing being there."""

    def __init__(self, module, name):
        self.module, self.name = module, name


class Call:
    """Pickles as the call of a name."""

    def __init__(self, module, name, *arguments):
        self.callee, self.arguments = Named(module, name), arguments


class OldText(str):
    """Pickles as the byte string that a str of Python 2 was."""


class Built:
    """Pickles as a call whose result is given a state."""

    def __init__(self, call, state):
        self.call, self.state = call, state


class Stored:
    """Pickles as a persistent id."""

    def __init__(self, *id):
        self.id = id


class Pickler(pickle._Pickler):
    """The pickler in Python, which lets names be written that are not there."""

    def persistent_id(self, thing):
        return thing.id if isinstance(thing, Stored) else None

    def save(self, thing, save_persistent_id=True):
        if isinstance(thing, Named):
            self.write(b"c" + f"{thing.module}\n{thing.name}\n".encode())
        elif isinstance(thing, OldText):
            self.write(b"U" + bytes([len(thing)]) + thing.encode())
        elif isinstance(thing, Built):
            self.save(thing.call)
            self.save(thing.state)
            self.write(pickle.BUILD)
        elif isinstance(thing, Call):
            self.save(thing.callee)
            self.save(thing.arguments)
            self.write(pickle.REDUCE)
        else:
            super().save(thing, save_persistent_id)


def pickled(thing):
    file = io.BytesIO()
    Pickler(file, 2).dump(thing)
    return file.getvalue()


def archive(name, members):
    with zipfile.ZipFile(name, "w") as file:
        for member, content in members.items():
            file.writestr(zipfile.ZipInfo(member), content)


values = ramp(2, 2)
whole = torch.tensor([3, -4], dtype=torch.int32)
storage = lambda kind, key, count: Stored("storage", Named(*kind), key, "cpu", count)
later = {
    "typed": Call("torch._utils", "_rebuild_tensor_v2", storage(("torch", "FloatStorage"), "0", 4), 0, (2, 2), (2, 1), False, Call("collections", "OrderedDict")),
    "untyped": Call("torch._utils", "_rebuild_tensor_v3", storage(("torch.storage", "UntypedStorage"), "1", 8), 1, (1,), (1,), False, Call("collections", "OrderedDict"), Named("torch", "int32")),
}
archive(
    "later.pth",
    {
        "archive/data.pkl": pickled(later),
        "archive/.format_version": b"1",
        "archive/.storage_alignment": b"64",
        "archive/byteorder": b"little",
        "archive/data/0": values.numpy().tobytes(),
        "archive/data/1": whole.numpy().tobytes(),
        "archive/version": b"3\n",
        "archive/.data/serialization_id": b"0123456789",
    },
)
expect("later.pth", {"typed": values, "untyped": whole[1:]}, "ZipStateDict")

# What Python 2 and torch 0.1 to 0.3 wrote: byte strings, ordered dictionaries from lists of pairs, parameters from their class, sizes, classes
# of storages on a GPU, parts of storages. torch still reads all of it, and says what it is.
hooks = Call("collections", "OrderedDict")
old = lambda kind, key, count, part=None: Stored(OldText("storage"), Named(*kind), OldText(key), OldText("cpu"), count, part)
first = Call("torch._utils", "_rebuild_tensor", old(("torch.cuda", "FloatStorage"), "17", 8), 1, Call("torch", "Size", (2, 3)), (3, 1))
part = Call("torch._utils", "_rebuild_tensor", old(("torch", "FloatStorage"), "17", 8, (OldText("99"), 2, 4)), 1, (3,), (1,))
parameter = Built(Call("torch.nn.parameter", "Parameter", part), (True, False, hooks))
rest = Call("torch._utils", "_rebuild_tensor", old(("torch", "ShortStorage"), "4", 2), 0, (2,), (1,))
pairs = [[OldText("first"), first], [OldText("parameter"), parameter], [OldText("rest"), rest]]
with open("legacy_python2.pth", "wb") as file:
    system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 8}}
    for thing in (torch.serialization.MAGIC_NUMBER, 1001, system, Call("collections", "OrderedDict", pairs), [OldText("17"), OldText("4")]):
        file.write(pickled(thing))
    file.write(struct.pack("<q8f", 8, *range(8)) + struct.pack("<q2h", 2, -5, 300))
expect("legacy_python2.pth", torch.load("legacy_python2.pth"), "LegacyStateDict")

# What is refused.
torch.save({"weight": torch.eye(3).to_sparse()}, "refused_sparse.pth")
torch.save({"weight": torch.tensor([1 + 2j])}, "refused_complex.pth")
torch.save({"weight": torch.quantize_per_tensor(ramp(4), 0.1, 0, torch.qint8)}, "refused_quantized.pth")
torch.save({"generator": own.state_dict(), "critic": own.state_dict()}, "refused_two_networks.pth")
torch.save({"epoch": 3, "history": [0.5, 0.25]}, "refused_no_tensors.pth")
torch.save([ramp(2), ramp(3)], "refused_list.pth")
with open("refused_plain_pickle.pth", "wb") as file:
    pickle.dump({"a": 1}, file, protocol=2)

with open("expected.json", "w") as file:
    lines = [f" {json.dumps(name)}: {json.dumps(about)}" for name, about in EXPECTED.items()]
    file.write("{\n" + ",\n".join(lines) + "\n}\n")

# Plain values for the reader of pickles alone, and the same as JSON.
shared = ["twice", 1]
plain = {
    "none": None,
    "truth": [True, False],
    "integers": [0, -1, 255, 256, 65535, 65536, 2**31 - 1, -(2**31), 2**31, 2**40, -(2**63), 2**63 - 1],
    "floats": [0.1, -0.0, 1e300],
    "texts": ["", "ä€𝄞", "long " * 60],
    "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
    "shared": [shared, shared, {"inside": shared}],
    "many": list(range(2500)),
    "dictionary": {str(i): i for i in range(1200)},
}
for protocol in (2, 3, 4, 5):
    with open(f"plain{protocol}.pkl", "wb") as file:
        pickle.dump(plain, file, protocol)
with open("plain.json", "w") as file:
    json.dump(plain, file)
    file.write("\n")
