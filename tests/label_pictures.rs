//! Labels in every form that programs write them in, and what must be refused.

use fishrig::frame::Size;
use fishrig::traits::{LabelForm, Palette, Trait, TraitMask, TraitSet, label_picture};
use png::{BitDepth, ColorType};

mod common;

const SIZE: Size = Size::new(13, 2);

/// Each class once, ground first, then the same backwards.
fn ids() -> Vec<u8> {
    (0..13).chain((0..13).rev()).collect()
}

fn mask_of_ids(size: Size, ids: &[u8]) -> TraitMask {
    let bit = |id: &u8| id.checked_sub(1).map_or(0, |channel| 1 << channel);
    TraitMask::from_bits(size, ids.iter().map(bit).collect()).unwrap()
}

fn colour(id: u8) -> [u8; 3] {
    match id.checked_sub(1) {
        Some(channel) => Palette::Bgnn.colour(Trait::from_channel(usize::from(channel)).unwrap()),
        None => [0; 3],
    }
}

fn encode(size: Size, kind: ColorType, depth: BitDepth, palette: Option<Vec<u8>>, data: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, size.width, size.height);
    encoder.set_color(kind);
    encoder.set_depth(depth);
    if let Some(palette) = palette {
        encoder.set_palette(palette);
    }
    encoder.write_header().unwrap().write_image_data(data).unwrap();
    file
}

fn grey(ids: &[u8]) -> Vec<u8> {
    encode(SIZE, ColorType::Grayscale, BitDepth::Eight, None, ids)
}

fn rgb(colours: impl Iterator<Item = [u8; 3]>) -> Vec<u8> {
    let data: Vec<u8> = colours.flatten().collect();
    encode(SIZE, ColorType::Rgb, BitDepth::Eight, None, &data)
}

fn indexed(palette: impl Iterator<Item = [u8; 3]>, indices: &[u8]) -> Vec<u8> {
    let palette = palette.flatten().collect();
    encode(SIZE, ColorType::Indexed, BitDepth::Eight, Some(palette), indices)
}

/// Two values of 4 bits a byte; a row of 13 has a half byte to spare.
fn packed(values: &[u8]) -> Vec<u8> {
    values
        .chunks(13)
        .flat_map(|row| row.chunks(2).map(|two| two[0] << 4 | two.get(1).unwrap_or(&0)))
        .collect()
}

fn wide(values: impl Iterator<Item = u16>) -> Vec<u8> {
    let data: Vec<u8> = values.flat_map(u16::to_be_bytes).collect();
    encode(SIZE, ColorType::Grayscale, BitDepth::Sixteen, None, &data)
}

fn refusal(file: &[u8]) -> String {
    label_picture::read(file, None).unwrap_err().to_string()
}

#[test]
fn every_form_is_recognized_and_gives_the_same_mask() {
    let expected = mask_of_ids(SIZE, &ids());
    // Colours of a palette that say nothing, even where they are greys.
    let any_palette = || (0..=255u8).map(|i| [i.wrapping_mul(91), 7, 200]);
    let alpha = |(i, id): (usize, u8)| {
        let [r, g, b] = colour(id);
        // Transparent ground keeps whatever colour was there.
        if id == 0 { [i as u8, 1, 2, 0] } else { [r, g, b, 255] }
    };
    let rgba: Vec<u8> = ids().into_iter().enumerate().flat_map(alpha).collect();
    let shuffled: Vec<u8> = ids().iter().map(|id| 255 - id).collect();
    for (what, file, form) in [
        ("grey", grey(&ids()), LabelForm::Ids),
        (
            "grey in three channels",
            rgb(ids().into_iter().map(|id| [id; 3])),
            LabelForm::Ids,
        ),
        (
            "grey of 4 bits",
            encode(SIZE, ColorType::Grayscale, BitDepth::Four, None, &packed(&ids())),
            LabelForm::Ids,
        ),
        ("indexed", indexed(any_palette(), &ids()), LabelForm::Ids),
        (
            "indexed of 4 bits",
            encode(
                SIZE,
                ColorType::Indexed,
                BitDepth::Four,
                Some(any_palette().take(13).flatten().collect()),
                &packed(&ids()),
            ),
            LabelForm::Ids,
        ),
        (
            "indexed in BGNN's colours",
            indexed((0..13).map(colour), &ids()),
            LabelForm::Ids,
        ),
        (
            "colours of which a program made a palette of its own",
            indexed(
                (0..=255u8).map(|i| if i > 242 { colour(255 - i) } else { [9; 3] }),
                &shuffled,
            ),
            LabelForm::Colours,
        ),
        ("colours", rgb(ids().into_iter().map(colour)), LabelForm::Colours),
        (
            "colours on transparent ground",
            encode(SIZE, ColorType::Rgba, BitDepth::Eight, None, &rgba),
            LabelForm::Colours,
        ),
        ("bits", label_picture::encode_bits(&expected).unwrap(), LabelForm::Bits),
        (
            "our own painting",
            label_picture::encode_bgnn(&expected).unwrap(),
            LabelForm::Colours,
        ),
    ] {
        let (mask, found) = label_picture::read(&file, None).unwrap_or_else(|e| panic!("{what}: {e}"));
        assert_eq!(found, form, "{what}");
        assert!(mask == expected, "{what}: {mask:?}");
        assert!(
            label_picture::read(&file, Some(form)).unwrap().0 == expected,
            "{what}, said"
        );
    }
}

#[test]
fn bits_keep_several_traits_of_a_pixel() {
    let mut mask = TraitMask::empty(SIZE);
    mask.set(3, 1, TraitSet::ALL);
    let (read, form) = label_picture::read(&label_picture::encode_bits(&mask).unwrap(), None).unwrap();
    assert!(read == mask && form == LabelForm::Bits);
}

#[test]
fn interlaced_labels_are_read() {
    // Python's Pillow can't write them; ImageMagick's and GIMP's labels may be. Adam7 by hand: one pixel is in the first pass.
    let mut file = encode(Size::new(1, 1), ColorType::Grayscale, BitDepth::Eight, None, &[7]);
    assert_eq!(file[28], 0, "the interlace byte of IHDR");
    file[28] = 1;
    let crc = crc32(&file[12..29]);
    file[29..33].copy_from_slice(&crc.to_be_bytes());
    let (mask, _) = label_picture::read(&file, None).unwrap();
    assert_eq!(mask.get(0, 0), TraitSet::EMPTY.with(Trait::Head));
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, bit: u32| {
        if (crc ^ bit) & 1 == 1 {
            crc >> 1 ^ 0xedb8_8320
        } else {
            crc >> 1
        }
    };
    let byte = |crc: u32, byte: &u8| (0..8).fold(crc, |crc, k| step(crc, u32::from(byte >> k)));
    !bytes.iter().fold(u32::MAX, byte)
}

#[test]
fn what_can_be_read_in_two_ways_is_refused() {
    let expected = mask_of_ids(SIZE, &ids());
    // An optimizer sorts a palette as it likes; a labelling program gives the ids colours as it likes.
    let twisted = indexed((0..13).map(|i| colour((13 - i) % 13)), &ids());
    let wide_ids = wide(ids().into_iter().map(u16::from));
    let widened_ids = wide(ids().into_iter().map(|id| u16::from(id) * 257));
    for file in [&twisted, &wide_ids, &widened_ids] {
        let words = refusal(file);
        assert!(words.contains("class ids") && words.contains("say which"), "{words}");
        let (mask, _) = label_picture::read(file, Some(LabelForm::Ids)).unwrap();
        assert!(mask == expected);
    }
    let (mask, _) = label_picture::read(&twisted, Some(LabelForm::Colours)).unwrap();
    assert_eq!(mask.get(1, 0), TraitSet::EMPTY.with(Trait::Trunk));
    let (mask, _) = label_picture::read(&wide_ids, Some(LabelForm::Bits)).unwrap();
    assert_eq!(mask.get(3, 0), TraitSet::from_bits(3));
}

#[test]
fn what_is_no_label_is_refused_with_its_place() {
    let mut too_large = ids();
    too_large[15] = 13;
    let mut silhouette = ids();
    silhouette.iter_mut().for_each(|v| *v = if *v > 0 { 255 } else { 0 });
    let blurred = rgb(ids()
        .into_iter()
        .map(|id| if id == 3 { [0, 0, 127] } else { colour(id) }));
    let half: Vec<u8> = (0..26).flat_map(|_| [254, 0, 0, 128]).collect();
    for (file, words) in [
        (grey(&too_large), "13 at column 2, row 1"),
        (grey(&silhouette), "255 at column 1, row 0"),
        (
            indexed((0..=255u8).map(|i| [i; 3]), &too_large),
            "13 at column 2, row 1",
        ),
        (blurred, "[0, 0, 127] at column 3, row 0"),
        (wide((0..26).map(|i| i * 0x111)), "0x1110 at column 3, row 1"),
        (
            encode(SIZE, ColorType::Rgba, BitDepth::Eight, None, &half),
            "half transparent at column 0",
        ),
        (
            encode(SIZE, ColorType::Grayscale, BitDepth::One, None, &[0, 0, 1, 0]),
            "black and white",
        ),
        (
            encode(SIZE, ColorType::Rgb, BitDepth::Sixteen, None, &[0; 26 * 6]),
            "16-bit Rgb",
        ),
        (b"\xff\xd8\xff\xe0".to_vec(), "JPEG"),
        (b"".to_vec(), "neither PNG nor TIFF"),
    ] {
        let told = refusal(&file);
        assert!(told.contains(words), "{words}: {told}");
    }
    for (form, words) in [(LabelForm::Colours, "grey picture"), (LabelForm::Bits, "16 grey bits")] {
        let told = label_picture::read(&grey(&ids()), Some(form)).unwrap_err().to_string();
        assert!(told.contains(words), "{told}");
    }
}

#[test]
fn damaged_files_are_refused_wherever_they_end() {
    let file = indexed((0..13).map(colour), &ids());
    for end in 0..file.len() - 12 {
        assert!(
            label_picture::read(&file[..end], None).is_err(),
            "cut after {end} of {} bytes",
            file.len()
        );
    }
    let mut claims = file;
    claims[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
    let crc = crc32(&claims[12..29]);
    claims[29..33].copy_from_slice(&crc.to_be_bytes());
    assert!(refusal(&claims).contains("65536x65536"), "{}", refusal(&claims));
}

/// Pixel counts are those that the labellers' own files state.
#[test]
fn the_hand_made_labels_are_read_as_their_makers_counted_them() {
    let Some(labels) = common::shared("data/labels") else {
        return;
    };
    let mut read = 0;
    for entry in std::fs::read_dir(labels).unwrap() {
        let path = entry.unwrap().path();
        let Some(stem) = path.to_str().unwrap().strip_suffix("_labels.png") else {
            continue;
        };
        let sidecar: serde_json::Value =
            serde_json::from_slice(&std::fs::read(format!("{stem}.json")).unwrap()).unwrap();
        let (mask, form) = label_picture::read(&std::fs::read(&path).unwrap(), None).unwrap();
        assert_eq!(form, LabelForm::Ids);
        let counts = mask.pixel_counts();
        for which in Trait::ALL {
            let stated = sidecar["pixels"][which.bgnn_name()].as_u64().unwrap_or(0);
            assert_eq!(counts[which.channel()], stated, "{stem}: {which}");
        }
        read += 1;
    }
    assert_eq!(read, 30);
}

#[test]
fn published_masks_are_read_as_colours() {
    let Some(traits) = common::shared("data/traits") else {
        return;
    };
    let (mask, form) = label_picture::read(&std::fs::read(traits.join("INHS_142865_mask.png")).unwrap(), None).unwrap();
    assert_eq!(form, LabelForm::Colours);
    // `reference.md`, pixels of this picture by class.
    assert_eq!(
        mask.pixel_counts(),
        [5325, 1238, 16994, 2730, 4618, 1686, 13307, 2278, 0, 0, 0, 72994]
    );
    let smeared = std::fs::read(traits.join("INHS_142865_mask_rescaled.png")).unwrap();
    assert!(refusal(&smeared).contains("nearest"));
}
