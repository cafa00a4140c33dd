//! Geohashes of 1 to 18 characters: five bits a character, of longitude and latitude in turn.

use super::shape::Degrees;

const ALPHABET: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";
const CHARACTERS_MAX: usize = 18;

/// A cell: how many bits each coordinate has, and their values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    characters: usize,
    longitude: u64,
    latitude: u64,
}

impl Cell {
    /// The cell around a point; the accuracy is the number of characters.
    pub fn around(longitude: f64, latitude: f64, accuracy: i64) -> Option<Cell> {
        super::point(longitude, latitude)?;
        let characters = usize::try_from(accuracy)
            .ok()
            .filter(|count| (1..=CHARACTERS_MAX).contains(count))?;
        let (east, north) = bits(characters);
        Some(Cell {
            characters,
            longitude: halved(longitude, 180.0, east),
            latitude: halved(latitude, 90.0, north),
        })
    }

    pub fn parse(text: &str) -> Option<Cell> {
        if !(1..=CHARACTERS_MAX).contains(&text.len()) {
            return None;
        }
        let mut values = [0, 0];
        let mut turn = 0;
        for byte in text.bytes() {
            let digit = ALPHABET.iter().position(|known| *known == byte)?;
            for bit in (0..5).rev() {
                values[turn] = values[turn] << 1 | (digit as u64 >> bit & 1);
                turn = 1 - turn;
            }
        }
        Some(Cell {
            characters: text.len(),
            longitude: values[0],
            latitude: values[1],
        })
    }

    pub fn text(self) -> String {
        let (mut east, mut north) = bits(self.characters);
        let mut text = String::with_capacity(self.characters);
        let mut turn = 0;
        for _ in 0..self.characters {
            let mut digit = 0;
            for _ in 0..5 {
                let (left, value) = if turn == 0 {
                    (&mut east, self.longitude)
                } else {
                    (&mut north, self.latitude)
                };
                *left -= 1;
                digit = digit << 1 | (value >> *left & 1) as usize;
                turn = 1 - turn;
            }
            text.push(char::from(ALPHABET[digit]));
        }
        text
    }

    /// West, south, east, north in degrees.
    fn sides(self) -> (f64, f64, f64, f64) {
        let (east, north) = bits(self.characters);
        let side = |value: u64, bits: u32, half: f64| {
            value as f64 * (2.0 * half / (1_u64 << bits) as f64) - half
        };
        (
            side(self.longitude, east, 180.0),
            side(self.latitude, north, 90.0),
            side(self.longitude + 1, east, 180.0),
            side(self.latitude + 1, north, 90.0),
        )
    }

    pub fn center(self) -> Degrees {
        let (west, south, east, north) = self.sides();
        ((west + east) / 2.0, (south + north) / 2.0)
    }

    /// From the south-west corner, counter-clockwise.
    pub fn corners(self) -> Vec<Degrees> {
        let (west, south, east, north) = self.sides();
        vec![(west, south), (east, south), (east, north), (west, north)]
    }

    /// The cells around, clockwise from the north-west; none beyond the poles.
    pub fn neighbors(self) -> Vec<Cell> {
        let (east, north) = bits(self.characters);
        [
            (-1, 1),
            (0, 1),
            (1, 1),
            (1, 0),
            (1, -1),
            (0, -1),
            (-1, -1),
            (-1, 0),
        ]
        .into_iter()
        .filter_map(|(x, y): (i64, i64)| {
            let latitude = self.latitude.checked_add_signed(y)?;
            let longitude = self.longitude.wrapping_add_signed(x) & ((1 << east) - 1);
            (latitude < 1 << north).then_some(Cell {
                longitude,
                latitude,
                ..self
            })
        })
        .collect()
    }
}

/// Bits of longitude and of latitude.
fn bits(characters: usize) -> (u32, u32) {
    let all = 5 * characters as u32;
    (all.div_ceil(2), all / 2)
}

/// Which of `2^bits` equal parts of `-half … half` a value lies in.
fn halved(value: f64, half: f64, bits: u32) -> u64 {
    let (mut low, mut high) = (-half, half);
    let mut found = 0;
    for _ in 0..bits {
        let middle = f64::midpoint(low, high);
        found <<= 1;
        if value >= middle {
            found |= 1;
            low = middle;
        } else {
            high = middle;
        }
    }
    found
}
