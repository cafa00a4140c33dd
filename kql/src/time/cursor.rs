//! A place in the bytes of a datetime or timespan that is being read. Nothing here allocates.

#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// Starts behind leading white space; trailing white space is dropped as well.
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            rest: text.as_bytes().trim_ascii(),
        }
    }

    pub(super) fn at_end(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Takes this byte, if it is next.
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.rest = &self.rest[1..];
        }
        found
    }

    /// Takes this byte or gives up.
    pub(super) fn expect(&mut self, byte: u8) -> Option<()> {
        self.eat(byte).then_some(())
    }

    /// Takes any number of spaces; tells whether there were any.
    pub(super) fn spaces(&mut self) -> bool {
        let before = self.rest.len();
        self.rest = self.rest.trim_ascii_start();
        before != self.rest.len()
    }

    /// Takes a run of digits of this length; a longer or shorter run is `None`.
    pub(super) fn number(&mut self, digits_min: usize, digits_max: usize) -> Option<u32> {
        let (value, count) = self.digits();
        (digits_min..=digits_max).contains(&count).then_some(value)
    }

    /// Takes all digits that come: their value (meaningless beyond nine digits) and how many they are.
    pub(super) fn digits(&mut self) -> (u32, usize) {
        let mut value: u32 = 0;
        let mut count = 0;
        while let Some(digit) = self.rest.get(count).filter(|byte| byte.is_ascii_digit()) {
            value = value.wrapping_mul(10).wrapping_add(u32::from(digit - b'0'));
            count += 1;
        }
        self.rest = &self.rest[count..];
        (value, count)
    }

    /// Takes a fraction's digits as ticks; digits behind the seventh are cut off, not rounded.
    pub(super) fn fraction_ticks(&mut self) -> Option<u32> {
        let count = self
            .rest
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let mut ticks = 0;
        for place in 0..7 {
            let digit = if place < count {
                self.rest[place] - b'0'
            } else {
                0
            };
            ticks = ticks * 10 + u32::from(digit);
        }
        self.rest = &self.rest[count..];
        (count > 0).then_some(ticks)
    }

    /// Takes a run of ASCII letters; empty when there is none.
    pub(super) fn word(&mut self) -> &'a [u8] {
        let count = self
            .rest
            .iter()
            .take_while(|byte| byte.is_ascii_alphabetic())
            .count();
        let (word, rest) = self.rest.split_at(count);
        self.rest = rest;
        word
    }
}
