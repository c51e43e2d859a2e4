//! Identity of an image: the fields of its name, and their values after `config.sh`.

use smol_str::SmolStr;

use super::value::Value;
use syntax::TextRange;
use syntax::runner::{NAME_FIELDS, RUNNER_VARIABLES};

/// A field of an image's identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityField {
    /// The value; `None` where reading does not tell.
    pub value: Option<Value>,
    /// Source of the value.
    pub origin: FieldOrigin,
}

/// Source of the value of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldOrigin {
    /// The image's name.
    Name,
    /// The default, which holds when nothing sets the field.
    Default,
    /// A script sets it.
    Script,
    /// Nothing sets it.
    Unset,
}

impl IdentityField {
    /// The value, where it is known.
    pub fn known(&self) -> Option<&Value> {
        self.value.as_ref()
    }

    /// The value, where it is known and no part of it is a date stamp.
    pub fn fixed(&self) -> Option<&str> {
        self.value.as_ref()?.fixed()
    }
}

/// Identity of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The builder's name.
    pub builder: IdentityField,
    /// The distribution.
    pub distname: IdentityField,
    /// The release.
    pub relver: IdentityField,
    /// The architecture.
    pub arch: IdentityField,
    /// The vendor.
    pub vendor: IdentityField,
    /// The variant.
    pub variant: IdentityField,
    /// `name=/mountpoint`, several separated by `:`.
    pub datasets: IdentityField,
    /// The value of `BUILDER` in `config.sh`: its range in bytes.
    pub builder_range: Option<TextRange>,
}

/// Splits a name at `-` into at most five fields, the last one taking the rest.
pub fn split_name(name: &str) -> [&str; 5] {
    let mut fields = [""; 5];
    for (field, part) in fields.iter_mut().zip(name.splitn(5, '-')) {
        *field = part;
    }
    fields
}

/// Returns the default of a field that neither the name nor `config.sh` sets.
pub fn default_of(field: &str) -> Option<&'static str> {
    match field {
        "ARCH" => Some("x86_64"),
        "VENDOR" => Some("vpsadminos"),
        "VARIANT" => Some("minimal"),
        _ => None,
    }
}

/// Names of architectures that an image may carry.
pub fn is_architecture(arch: &str) -> bool {
    const KNOWN: [&str; 16] = [
        "x86_64",
        "amd64",
        "i386",
        "i486",
        "i586",
        "i686",
        "x86",
        "aarch64",
        "arm64",
        "armv6l",
        "armv7l",
        "armhf",
        "riscv64",
        "ppc64le",
        "s390x",
        "loongarch64",
    ];
    KNOWN.contains(&arch)
}

/// Returns a field of an image's name; `None` where it is empty.
pub fn name_field(name: &str, field: &str) -> Option<SmolStr> {
    let index = NAME_FIELDS.iter().position(|f| *f == field)?;
    split_name(name)
        .get(index)
        .filter(|f| !f.is_empty())
        .map(SmolStr::new)
}

/// Takes `-FIELD` from the beginning of what is left of a name; the empty field is no part of a name.
fn without_field<'n>(rest: &'n str, field: &str) -> Option<&'n str> {
    if field.is_empty() {
        return Some(rest);
    }
    let rest = rest.strip_prefix('-')?.strip_prefix(field)?;
    (rest.is_empty() || rest.starts_with('-')).then_some(rest)
}

/// Takes `-ARCH` from the beginning of what is left of a name.
fn without_architecture(rest: &str) -> Option<&str> {
    let field = rest.strip_prefix('-')?.split('-').next()?;
    without_field(rest, field).filter(|_| is_architecture(field))
}

impl Identity {
    /// Returns whether all fields are the same, wherever they are written.
    pub fn is_same_as(&self, other: &Identity) -> bool {
        self.fields().eq(other.fields())
    }

    /// Returns whether the image's name is read as having an architecture that is none, and nothing
    /// sets another one.
    pub fn has_stray_architecture(&self) -> bool {
        self.arch.origin == FieldOrigin::Name
            && self.arch.fixed().is_some_and(|arch| !is_architecture(arch))
    }

    /// Returns whether an image's name says who it is: distribution, release without its date, and
    /// variant unless it is the default one; architecture and vendor may stand between them. `None`
    /// where reading does not tell.
    pub fn agrees_with(&self, name: &str) -> Option<bool> {
        let variant = self.variant.fixed()?;
        let rest = name.strip_prefix(self.distname.fixed()?);
        let Some(rest) = rest.and_then(|rest| without_field(rest, &self.release()?)) else {
            self.relver.known()?;
            return Some(false);
        };
        let arch = self.arch.fixed().and_then(|f| without_field(rest, f));
        let rests = [Some(rest), arch, without_architecture(rest)];
        let rests = rests.into_iter().flatten().flat_map(|rest| {
            let vendor = self.vendor.fixed();
            [Some(rest), vendor.and_then(|f| without_field(rest, f))]
        });
        let agrees = |rest: &str| {
            (rest.is_empty() && Some(variant) == default_of("VARIANT"))
                || (!rest.is_empty() && without_field(rest, variant) == Some(""))
        };
        Some(rests.flatten().any(agrees))
    }

    /// Returns the release without its date, where it is known.
    pub fn release(&self) -> Option<String> {
        let release = self.relver.known()?.with_stamps_as("");
        Some(release.trim_matches('-').to_owned())
    }

    /// Variables that say who the image is, each with its field, in the order of
    /// [`RUNNER_VARIABLES`].
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &IdentityField)> {
        RUNNER_VARIABLES
            .iter()
            .filter_map(|variable| Some((variable.name, self.field(variable.name)?)))
    }

    /// The field that a variable gives its value to.
    pub fn field(&self, variable: &str) -> Option<&IdentityField> {
        Some(match variable {
            "BUILDER" => &self.builder,
            "DISTNAME" => &self.distname,
            "RELVER" => &self.relver,
            "ARCH" => &self.arch,
            "VENDOR" => &self.vendor,
            "VARIANT" => &self.variant,
            "DATASETS" => &self.datasets,
            _ => return None,
        })
    }
}
