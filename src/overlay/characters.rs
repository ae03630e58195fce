//! From any text to the characters that the fonts have.

/// The characters that are drawn for a text: fonts have Latin-1, so typographic signs and further Latin letters are brought to it. The
/// record keeps the text itself.
pub fn shown(words: &str) -> impl Iterator<Item = char> {
    words.chars().flat_map(|c| {
        let (c, count) = match c {
            '\u{2026}' => ('.', 3),
            '\u{2010}'..='\u{2015}' | '\u{2212}' => ('-', 1),
            '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{2032}' => ('\'', 1),
            '\u{201c}'..='\u{201e}' | '\u{2033}' => ('"', 1),
            '\u{2022}' => ('\u{b7}', 1),
            '\u{b5}' | '\u{3bc}' => ('u', 1),
            // Marks that only change the character before them.
            '\u{200b}'..='\u{200f}' | '\u{300}'..='\u{36f}' | '\u{fe00}'..='\u{fe0f}' => (c, 0),
            '\u{100}'..='\u{17f}' => (latin_extended(c), 1),
            c if c.is_whitespace() || c.is_control() => (' ', 1),
            c => (c, 1),
        };
        std::iter::repeat_n(c, count)
    })
}

/// The letter without its mark; ligatures and rare letters stay what they are.
fn latin_extended(c: char) -> char {
    const BARE: &[u8; 128] = b"AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIi??JjKk?LlLlLlLlLlNnNnNn???OoOoOo??RrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";
    match BARE[(c as usize - 0x100) % BARE.len()] {
        b'?' => c,
        bare => char::from(bare),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_beyond_latin_1_are_brought_to_it() {
        assert_eq!(
            shown("Dvořák — Łódź… “Žluťák”").collect::<String>(),
            "Dvorák - Lódz... \"Zluták\""
        );
        assert_eq!(shown("a\tb\nc🐟").collect::<String>(), "a b c🐟");
    }
}
