//! The reader of pickles alone: against what Python pickled, opcode by opcode, and against programs that mean harm.

#![allow(clippy::unwrap_used, reason = "part of the tests")]

mod checkpoint_support;

use checkpoint_support::{global, integer, pickle, small, text, tuple};
use fishrig::convert::checkpoint::pickle::{NodeId, Pickle, VALUES_MAX, Value, Values, read};
use serde_json::json;

fn json_of(values: &Values, id: NodeId) -> serde_json::Value {
    let all = |ids: &[NodeId]| ids.iter().map(|&id| json_of(values, id)).collect();
    match values.get(id) {
        Value::None => serde_json::Value::Null,
        Value::Bool(truth) => json!(truth),
        Value::Int(number) => json!(number),
        Value::Float(number) => json!(number),
        Value::Text(text) => json!(text),
        Value::Tuple(elements) => all(elements),
        Value::List(elements) => all(elements),
        Value::Dict(entries) => {
            let entries = entries.iter().map(|&(key, value)| {
                let serde_json::Value::String(key) = json_of(values, key) else {
                    panic!("a key that is no text")
                };
                (key, json_of(values, value))
            });
            serde_json::Value::Object(entries.collect())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn plain_values_are_those_that_python_pickled() {
    let expected: serde_json::Value = serde_json::from_slice(&std::fs::read(small("plain.json")).unwrap()).unwrap();
    for protocol in 2..=5 {
        let bytes = std::fs::read(small(&format!("plain{protocol}.pkl"))).unwrap();
        let pickle = read(&bytes).unwrap();
        assert_eq!(pickle.length, bytes.len());
        assert_eq!(json_of(&pickle.values, pickle.root), expected, "protocol {protocol}");
    }
}

#[test]
fn every_prefix_of_a_pickle_ends_early() {
    let bytes = std::fs::read(small("plain4.pkl")).unwrap();
    for length in 0..bytes.len() {
        let error = read(&bytes[..length]).unwrap_err();
        assert!(error.ends_early && error.position <= length, "{length}: {error}");
    }
    let more = [bytes.as_slice(), b"rest"].concat();
    assert_eq!(read(&more).unwrap().length, bytes.len());
}

fn root<'p>(pickle: &'p Pickle) -> &'p Value<'p> {
    pickle.values.get(pickle.root)
}

#[test]
fn a_call_is_kept_and_never_made() {
    let trap = std::env::temp_dir().join(format!("fishrig-pickle-trap-{}", std::process::id()));
    let command = tuple(&[text(&format!("touch {}", trap.display()))]);
    for (module, name) in [
        ("os", "system"),
        ("posix", "system"),
        ("subprocess", "call"),
        ("builtins", "eval"),
    ] {
        for opcode in [b"R".as_slice(), b"\x81"] {
            let bytes = pickle(&[global(module, name), command.clone(), opcode.to_vec()].concat());
            let pickle = read(&bytes).unwrap();
            let Value::Made(made) = root(&pickle) else {
                panic!("{:?}", root(&pickle))
            };
            assert_eq!(*pickle.values.get(made.callee), Value::Global { module, name });
        }
    }
    assert!(!trap.exists());
}

#[test]
fn refused_opcodes_are_named_with_their_place() {
    let cases: [(&[u8], &str); 13] = [
        (b"I", "INT"),
        (b"L", "LONG"),
        (b"F", "FLOAT"),
        (b"S", "STRING"),
        (b"V", "UNICODE"),
        (b"g", "GET"),
        (b"p", "PUT"),
        (b"P", "PERSID"),
        (b"i", "INST"),
        (b"o", "OBJ"),
        (b"\x82", "EXT1"),
        (b"\x97", "NEXT_BUFFER"),
        (b"\x98", "READONLY_BUFFER"),
    ];
    for (opcode, name) in cases {
        let error = read(&[b"\x80\x02N0", opcode, b"os\nsystem\n."].concat())
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with(&format!("at byte 4 of the pickle: the opcode {name} is refused: ")),
            "{error}"
        );
    }
    let error = read(b"\x80\x02\xff.").unwrap_err().to_string();
    assert_eq!(error, "at byte 2 of the pickle: the byte 0xff is no opcode");
}

#[test]
fn operands_of_the_wrong_kind_are_errors() {
    let cases: [(&[u8], &str); 18] = [
        (b".", "a value is needed"),
        (b"(.", "a value is needed"),
        (b"N(0t.", "a mark is needed"),
        (b"t.", "a mark is needed"),
        (b"N\x86.", "a value is needed"),
        (b"(N\x85", "ends_early"),
        (b"Na.", "a value is needed"),
        (b"NNa.", "None takes no further elements"),
        (b"}Na.", "a dictionary takes no further elements"),
        (b"](Nu.", "the last key of a dictionary has no value"),
        (b"](NNu.", "a list has no entries to set"),
        (b"](N\x90.", "a list is no set"),
        (b"}}b.", "a dictionary takes no state"),
        (b"cm\nn\n)R}b}b.", "an object is given its state twice"),
        (b"h\x05.", "nothing was remembered under 5"),
        (b"q\x05.", "a value is needed"),
        (b"NN\x93.", "is no text"),
        (b"\x80\x06.", "protocol 6"),
    ];
    for (bytes, words) in cases {
        let error = read(bytes).unwrap_err();
        assert!(error.ends_early || error.reason.contains(words), "{bytes:?}: {error}");
    }
    assert_eq!(*root(&read(b"N(NN1.").unwrap()), Value::None);
    assert_eq!(*root(&read(b"NK\x01(00.").unwrap()), Value::None);
}

#[test]
fn lengths_that_the_pickle_does_not_have_take_no_memory() {
    let terabytes = (1_u64 << 42).to_le_bytes();
    for opcode in [0x8d, 0x8e, 0x96] {
        let error = read(&[&[opcode], terabytes.as_slice(), b"short."].concat()).unwrap_err();
        assert_eq!(error.reason, "the bytes end: 4398046511104 are needed, 6 are left");
    }
    for opcode in [b'T', 0x8b] {
        let error = read(&[&[opcode], (-1_i32).to_le_bytes().as_slice(), b"."].concat()).unwrap_err();
        assert!(error.reason.ends_with("of -1 bytes"), "{error}");
    }
}

#[test]
fn integers_of_every_length() {
    for (bytes, expected) in [
        (b"\x8a\x00".as_slice(), 0),
        (b"\x8a\x01\xff", -1),
        (b"\x8a\x02\xff\x00", 255),
        (b"\x8a\x08\0\0\0\0\0\0\0\x80", i64::MIN),
        (b"\x8b\x03\0\0\0\x01\x00\x80", -0x7f_ffff),
        (b"J\xfe\xff\xff\xff", -2),
        (b"M\xff\xff", 65535),
    ] {
        let bytes = [bytes, b"."].concat();
        assert_eq!(*root(&read(&bytes).unwrap()), Value::Int(expected), "{bytes:?}");
    }
    assert_eq!(
        *root(&read(b"\x8a\x09\0\0\0\0\0\0\0\0\x01.").unwrap()),
        Value::LongInt(b"\0\0\0\0\0\0\0\0\x01")
    );
}

#[test]
fn strings_of_python_2_are_text_where_they_can_be() {
    assert_eq!(*root(&read(b"U\x03abc.").unwrap()), Value::Text("abc"));
    assert_eq!(
        *root(&read(b"T\x02\0\0\0\xff\xfe.").unwrap()),
        Value::Bytes(b"\xff\xfe")
    );
}

#[test]
fn nesting_and_cycles_cost_nothing() {
    let deep = [vec![b']'; 100_000], vec![b'a'; 99_999], b".".to_vec()].concat();
    assert_eq!(read(&deep).unwrap().values.len(), 100_000);
    // A list that is its own element, and a dictionary that is its own value.
    let pickled = read(b"]q\x00h\x00a.").unwrap();
    assert_eq!(*root(&pickled), Value::List(vec![pickled.root]));
    let pickled = read(b"}q\x00X\x01\0\0\0ah\x00s.").unwrap();
    assert!(matches!(root(&pickled), Value::Dict(entries) if entries[0].1 == pickled.root));
    // An object that is its own state.
    let pickled = read(b"cm\nn\n)Rq\x00h\x00b.").unwrap();
    assert!(matches!(root(&pickled), Value::Made(made) if made.state == Some(pickled.root)));
}

#[test]
fn the_number_of_values_is_bounded() {
    for opcode in [b"N".as_slice(), b")", b"]", b"}", b"(", b"K\x01"] {
        let bytes = opcode.repeat(VALUES_MAX + 1);
        let error = read(&bytes).unwrap_err();
        assert!(
            !error.ends_early && error.reason.starts_with("more than 524288 "),
            "{error}"
        );
    }
    let doubled = [b"N".to_vec(), vec![b'2'; VALUES_MAX]].concat();
    assert!(read(&doubled).unwrap_err().reason.ends_with("values on the stack"));
    let integers: Vec<u8> = (0..VALUES_MAX as i64 + 1)
        .flat_map(|i| [integer(i), b"0".to_vec()].concat())
        .collect();
    assert!(!read(&integers).unwrap_err().ends_early);
}
