//! What AWS has otherwise than declared.

/// A field that differs between spec and AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Path, as `spec.vlan`.
    pub field: String,
    /// What the spec says. For a key: "set".
    pub declared: String,
    /// What AWS has. For a key: "differs".
    pub actual: String,
    /// AWS can change it in place.
    pub in_place: bool,
}

impl Difference {
    /// A difference.
    #[allow(clippy::needless_pass_by_value, reason = "reads better at every call")]
    pub fn new(
        field: &str,
        declared: impl ToString,
        actual: impl ToString,
        in_place: bool,
    ) -> Self {
        Self {
            field: field.to_owned(),
            declared: declared.to_string(),
            actual: actual.to_string(),
            in_place,
        }
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            field,
            declared,
            actual,
            in_place,
        } = self;
        // A key is never shown.
        if actual == "differs" {
            return if *in_place {
                write!(
                    f,
                    "{field} differs from the key at AWS: set import.onDifference: Apply to change it."
                )
            } else {
                write!(
                    f,
                    "{field} differs from the key at AWS, and AWS cannot change it in place: \
                     put the key of AWS into the Secret, or remove import to order a new one."
                )
            };
        }
        if *in_place {
            write!(
                f,
                "{field} is {declared}, AWS has {actual}: set import.onDifference: Apply to change it."
            )
        } else {
            write!(
                f,
                "{field} is {declared}, AWS has {actual}, and AWS cannot change it in place: \
                 set it to {actual}, or remove import to order a new one."
            )
        }
    }
}
