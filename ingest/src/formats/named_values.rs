//! A line of values between blanks, by the names that a header gave.

/// `-` and absent values are empty.
pub(super) struct NamedValues<'a> {
    pub names: &'a [String],
    pub values: Vec<&'a str>,
}

impl<'a> NamedValues<'a> {
    pub fn of(names: &'a [String], line: &'a str) -> Self {
        Self {
            names,
            values: line.split_whitespace().collect(),
        }
    }

    pub fn get(&self, name: &str) -> &'a str {
        let found = self.names.iter().position(|one| one == name);
        let value = found.and_then(|index| self.values.get(index)).copied();
        value.filter(|value| *value != "-").unwrap_or_default()
    }
}
