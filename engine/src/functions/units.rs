//! `convert_…`: one unit of measurement to another. Only units whose length in others is exact by definition are known here;
//! any other constant is refused, since Kusto's own factors for them are rounded in places that its pages do not tell.

use super::row::{Overload, Param, ResultName, ScalarFunction, example, overload};
use crate::kernel::{Args, KernelError, KernelResult, collect};
use huntql_kql::types::Type;
use std::f64::consts::PI;

/// A unit: `base = (value + shift) * factor`.
struct Unit {
    name: &'static str,
    factor: f64,
    shift: f64,
}

const fn unit(name: &'static str, factor: f64) -> Unit {
    Unit {
        name,
        factor,
        shift: 0.0,
    }
}

const LENGTHS: &[Unit] = &[
    unit("Angstrom", 1e-10),
    unit("Centimeter", 1e-2),
    unit("Chain", 20.1168),
    unit("Decameter", 10.0),
    unit("Decimeter", 1e-1),
    unit("Fathom", 1.8288),
    unit("Foot", 0.3048),
    unit("Hand", 0.1016),
    unit("Hectometer", 100.0),
    unit("Inch", 0.0254),
    unit("Kilometer", 1000.0),
    unit("Meter", 1.0),
    unit("Microinch", 2.54e-8),
    unit("Micrometer", 1e-6),
    unit("Mil", 2.54e-5),
    unit("Mile", 1609.344),
    unit("Millimeter", 1e-3),
    unit("Nanometer", 1e-9),
    unit("NauticalMile", 1852.0),
    unit("Yard", 0.9144),
];

const MASSES: &[Unit] = &[
    unit("Centigram", 1e-5),
    unit("Decagram", 1e-2),
    unit("Decigram", 1e-4),
    unit("Grain", 6.479891e-5),
    unit("Gram", 1e-3),
    unit("Hectogram", 1e-1),
    unit("Kilogram", 1.0),
    unit("Kilopound", 453.59237),
    unit("Kilotonne", 1e6),
    unit("LongTon", 1016.0469088),
    unit("Megapound", 453_592.37),
    unit("Megatonne", 1e9),
    unit("Microgram", 1e-9),
    unit("Milligram", 1e-6),
    unit("Nanogram", 1e-12),
    unit("Ounce", 0.028349523125),
    unit("Pound", 0.45359237),
    unit("ShortTon", 907.18474),
    unit("Stone", 6.35029318),
    unit("Tonne", 1000.0),
];

const SPEEDS: &[Unit] = &[
    unit("CentimeterPerHour", 0.01 / 3600.0),
    unit("CentimeterPerMinute", 0.01 / 60.0),
    unit("CentimeterPerSecond", 0.01),
    unit("DecimeterPerMinute", 0.1 / 60.0),
    unit("DecimeterPerSecond", 0.1),
    unit("FootPerHour", 0.3048 / 3600.0),
    unit("FootPerMinute", 0.3048 / 60.0),
    unit("FootPerSecond", 0.3048),
    unit("InchPerHour", 0.0254 / 3600.0),
    unit("InchPerMinute", 0.0254 / 60.0),
    unit("InchPerSecond", 0.0254),
    unit("KilometerPerHour", 1000.0 / 3600.0),
    unit("KilometerPerMinute", 1000.0 / 60.0),
    unit("KilometerPerSecond", 1000.0),
    unit("MeterPerHour", 1.0 / 3600.0),
    unit("MeterPerMinute", 1.0 / 60.0),
    unit("MeterPerSecond", 1.0),
    unit("MilePerHour", 0.44704),
    unit("MillimeterPerHour", 0.001 / 3600.0),
    unit("MillimeterPerMinute", 0.001 / 60.0),
    unit("MillimeterPerSecond", 0.001),
    unit("YardPerHour", 0.9144 / 3600.0),
    unit("YardPerMinute", 0.9144 / 60.0),
    unit("YardPerSecond", 0.9144),
    unit("MicrometerPerMinute", 1e-6 / 60.0),
    unit("MicrometerPerSecond", 1e-6),
    unit("NanometerPerMinute", 1e-9 / 60.0),
    unit("NanometerPerSecond", 1e-9),
];

const ANGLES: &[Unit] = &[
    unit("Arcminute", 1.0 / 60.0),
    unit("Arcsecond", 1.0 / 3600.0),
    unit("Degree", 1.0),
    unit("Gradian", 0.9),
    unit("Millidegree", 1e-3),
    unit("Milliradian", 0.18 / PI),
    unit("Radian", 180.0 / PI),
    unit("Revolution", 360.0),
    unit("Centiradian", 1.8 / PI),
    unit("Deciradian", 18.0 / PI),
    unit("Microdegree", 1e-6),
    unit("Microradian", 0.000_18 / PI),
    unit("Nanodegree", 1e-9),
    unit("Nanoradian", 0.000_000_18 / PI),
];

const TEMPERATURES: &[Unit] = &[
    unit("Kelvin", 1.0),
    Unit {
        name: "DegreeCelsius",
        factor: 1.0,
        shift: 273.15,
    },
    Unit {
        name: "DegreeFahrenheit",
        factor: 5.0 / 9.0,
        shift: 459.67,
    },
    unit("DegreeRankine", 5.0 / 9.0),
    Unit {
        name: "MillidegreeCelsius",
        factor: 1e-3,
        shift: 273_150.0,
    },
];

const VOLUMES: &[Unit] = &[
    // The engine's own factor, as its answers show.
    unit("AcreFoot", 1.0 / 0.000810714),
    unit("Centiliter", 1e-5),
    unit("CubicCentimeter", 1e-6),
    unit("CubicDecimeter", 1e-3),
    unit("CubicKilometer", 1e9),
    unit("CubicMeter", 1.0),
    unit("CubicMillimeter", 1e-9),
    unit("Deciliter", 1e-4),
    unit("Hectoliter", 0.1),
    unit("Kiloliter", 1.0),
    unit("Liter", 1e-3),
    unit("Megaliter", 1e3),
    unit("Microliter", 1e-9),
    unit("Milliliter", 1e-6),
    unit("CubicHectometer", 1e6),
    unit("CubicMicrometer", 1e-18),
    unit("Decaliter", 1e-2),
    unit("HectocubicMeter", 100.0),
    unit("KilocubicMeter", 1e3),
];

/// In joules.
const BRITISH_THERMAL_UNIT: f64 = 1_055.055_852_62;

const ENERGIES: &[Unit] = &[
    unit("Erg", 1e-7),
    unit("Gigajoule", 1e9),
    unit("GigawattHour", 3.6e12),
    unit("Joule", 1.0),
    unit("Kilojoule", 1e3),
    unit("KilowattHour", 3.6e6),
    unit("Megajoule", 1e6),
    unit("MegawattHour", 3.6e9),
    unit("Millijoule", 1e-3),
    unit("WattHour", 3.6e3),
    // As the page's example shows; its multiples follow.
    unit("BritishThermalUnit", BRITISH_THERMAL_UNIT),
    unit("KilobritishThermalUnit", 1e3 * BRITISH_THERMAL_UNIT),
    unit("MegabritishThermalUnit", 1e6 * BRITISH_THERMAL_UNIT),
    unit("GigabritishThermalUnit", 1e9 * BRITISH_THERMAL_UNIT),
    unit("WattDay", 86_400.0),
    unit("KilowattDay", 8.64e7),
    unit("MegawattDay", 8.64e10),
    unit("GigawattDay", 8.64e13),
    unit("TerawattDay", 8.64e16),
    unit("TerawattHour", 3.6e15),
];

const FORCES: &[Unit] = &[
    unit("Decanewton", 10.0),
    unit("Dyn", 1e-5),
    unit("KilogramForce", 9.80665),
    unit("Kilonewton", 1e3),
    unit("Meganewton", 1e6),
    unit("Micronewton", 1e-6),
    unit("Millinewton", 1e-3),
    unit("Newton", 1.0),
];

macro_rules! conversion {
    ($name:literal, $units:ident, $what:literal, $page:literal, [$($example:expr),+ $(,)?]) => {
        ScalarFunction {
            name: $name,
            aliases: &[],
            overloads: {
                const OVERLOADS: &[Overload] = &[overload(
                    &[Param::Is(Type::Real), Param::Constant, Param::Constant],
                    Type::Real,
                    |args| convert(args, $units),
                )];
                OVERLOADS
            },
            result_name: ResultName::Default,
            doc: concat!("Converts a ", $what, " from one unit to another."),
            source: concat!("kusto/query/", $page),
            examples: &[$($example),+],
        }
    };
}

pub const FUNCTIONS: &[ScalarFunction] = &[
    conversion!(
        "convert_length",
        LENGTHS,
        "length",
        "convert-length-function",
        [
            example(
                "round(convert_length(1.2, 'Meter', 'Foot'), 9)",
                "3.937007874"
            ),
            example("convert_length(1, 'Kilometer', 'Meter')", "1000.0"),
        ]
    ),
    conversion!(
        "convert_mass",
        MASSES,
        "mass",
        "convert-mass-function",
        [
            example(
                "round(convert_mass(1.2, 'Kilogram', 'Pound'), 9)",
                "2.645547146"
            ),
            example("convert_mass(1, 'Tonne', 'Kilogram')", "1000.0"),
        ]
    ),
    conversion!(
        "convert_speed",
        SPEEDS,
        "speed",
        "convert-speed-function",
        [
            example(
                "round(convert_speed(1.2, 'MeterPerSecond', 'CentimeterPerHour'), 6)",
                "432000.0"
            ),
            example(
                "round(convert_speed(36, 'KilometerPerHour', 'MeterPerSecond'), 9)",
                "10.0"
            ),
        ]
    ),
    conversion!(
        "convert_angle",
        ANGLES,
        "angle",
        "convert-angle-function",
        [
            example(
                "round(convert_angle(1.2, 'Degree', 'Arcminute'), 9)",
                "72.0"
            ),
            example(
                "round(convert_angle(180, 'Degree', 'Radian'), 9)",
                "3.141592654"
            ),
        ]
    ),
    conversion!(
        "convert_temperature",
        TEMPERATURES,
        "temperature",
        "convert-temperature-function",
        [
            example(
                "round(convert_temperature(1.2, 'Kelvin', 'DegreeCelsius'), 9)",
                "-271.95"
            ),
            example(
                "round(convert_temperature(100, 'DegreeCelsius', 'DegreeFahrenheit'), 9)",
                "212.0"
            ),
        ]
    ),
    conversion!(
        "convert_volume",
        VOLUMES,
        "volume",
        "convert-volume-function",
        [
            example(
                "round(convert_volume(1.2, 'CubicMeter', 'AcreFoot'), 10)",
                "0.0009728568"
            ),
            example(
                "round(convert_volume(1, 'CubicMeter', 'Liter'), 9)",
                "1000.0"
            ),
        ]
    ),
    conversion!(
        "convert_energy",
        ENERGIES,
        "energy",
        "convert-energy-function",
        [
            example("convert_energy(1, 'KilowattHour', 'Joule')", "3600000.0"),
            example("round(convert_energy(1, 'Joule', 'Kilojoule'), 9)", "0.001"),
            example(
                "round(convert_energy(1200, 'Joule', 'BritishThermalUnit'), 9)",
                "1.137380544"
            ),
        ]
    ),
    conversion!(
        "convert_force",
        FORCES,
        "force",
        "convert-force-function",
        [
            example("convert_force(1, 'Kilonewton', 'Newton')", "1000.0"),
            example(
                "round(convert_force(1, 'KilogramForce', 'Newton'), 9)",
                "9.80665"
            ),
        ]
    ),
];

fn convert(args: &Args<'_>, units: &[Unit]) -> KernelResult {
    let unit = |index: usize| {
        let name = args.constant_text(index).unwrap_or_default();
        units
            .iter()
            .find(|unit| unit.name == name)
            .ok_or_else(|| KernelError::Argument {
                index,
                message: format!("the unit `{name}` is not supported"),
            })
    };
    let (from, to) = (unit(1)?, unit(2)?);
    let value = args.input::<f64>(0);
    collect(args, |row| {
        Some((value.get(row)? + from.shift) * from.factor / to.factor - to.shift)
    })
}
