//! The digits of a real as the real engine writes them into coordinates.
//!
//! It does not write the nearest of the shortest texts but what the algorithm Grisu2 gives (F. Loitsch, "Printing floating-point
//! numbers quickly and accurately with integers", 2010), with nine powers of ten for the last digit's correction: 10 less one last bit
//! is `9.999999999999999`. Both texts read as the same number.

use crate::json::format_real;

/// `significand * 2^exponent`
#[derive(Debug, Clone, Copy)]
struct Scaled {
    significand: u64,
    exponent: i32,
}

impl Scaled {
    fn normal(self) -> Scaled {
        let shift = self.significand.leading_zeros();
        Scaled {
            significand: self.significand << shift,
            exponent: self.exponent - shift.cast_signed(),
        }
    }

    /// The upper half of the product, rounded.
    fn times(self, other: Scaled) -> Scaled {
        let product = u128::from(self.significand) * u128::from(other.significand);
        let rounded = (product + (1 << 63)) >> 64;
        Scaled {
            significand: u64::try_from(rounded).expect("a product of two halves"),
            exponent: self.exponent + other.exponent + 64,
        }
    }
}

/// A real as text for coordinates.
pub fn coordinate(value: f64) -> String {
    let text = format_real(value);
    if value == 0.0 || !value.is_finite() {
        return text;
    }
    let digits = grisu(value.abs());
    let end = text.find('e').unwrap_or(text.len());
    let shortest = text[..end]
        .trim_start_matches(['-', '0', '.'])
        .bytes()
        .filter(u8::is_ascii_digit)
        .collect::<Vec<u8>>();
    let significant = shortest
        .iter()
        .rposition(|digit| *digit != b'0')
        .map_or(0, |at| at + 1);
    if significant != digits.len() {
        return text;
    }
    let mut begun = false;
    let mut next = digits.into_iter();
    let placed = text.char_indices().map(|(at, c)| {
        begun |= ('1'..='9').contains(&c);
        if at < end && begun && c.is_ascii_digit() {
            next.next().map_or(c, char::from)
        } else {
            c
        }
    });
    placed.collect()
}

/// The digits of a positive number, without zeros at the end that say nothing.
fn grisu(value: f64) -> Vec<u8> {
    let bits = value.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    let exponent = i32::try_from(bits >> 52).expect("a positive number has eleven bits there");
    let exact = if exponent == 0 {
        Scaled {
            significand: fraction,
            exponent: -1074,
        }
    } else {
        Scaled {
            significand: fraction | 1 << 52,
            exponent: exponent - 1075,
        }
    };
    let above = Scaled {
        significand: (exact.significand << 1) + 1,
        exponent: exact.exponent - 1,
    }
    .normal();
    let (below, below_exponent) = if exact.significand == 1 << 52 {
        ((exact.significand << 2) - 1, exact.exponent - 2)
    } else {
        ((exact.significand << 1) - 1, exact.exponent - 1)
    };
    let below = Scaled {
        significand: below << (below_exponent - above.exponent),
        exponent: above.exponent,
    };
    let power = power_for(above.exponent);
    let scaled = exact.normal().times(power);
    let mut top = above.times(power);
    top.significand -= 1;
    let bottom = below.times(power).significand + 1;
    generate(scaled.significand, top, top.significand - bottom)
}

/// The power of ten that brings a number of this exponent near 1.
fn power_for(exponent: i32) -> Scaled {
    let wanted = f64::from(-61 - exponent) * std::f64::consts::LOG10_2 + 347.0;
    let index = (wanted.ceil() as usize >> 3) + 1;
    let (significand, exponent) = POWERS[index];
    Scaled {
        significand,
        exponent,
    }
}

/// Digits until what is left is within `room` below the top.
fn generate(exact: u64, top: Scaled, mut room: u64) -> Vec<u8> {
    let shift = top.exponent.unsigned_abs();
    let one = 1_u64 << shift;
    let distance = top.significand - exact;
    let mut whole = top.significand >> shift;
    let mut part = top.significand & (one - 1);
    let mut digits = Vec::new();
    let mut left = whole.checked_ilog10().map_or(0, |power| power + 1);
    let push = |digits: &mut Vec<u8>, digit: u64| {
        if digit != 0 || !digits.is_empty() {
            digits.push(b'0' + u8::try_from(digit).expect("a digit"));
        }
    };
    while left > 0 {
        left -= 1;
        let power = 10_u64.pow(left);
        push(&mut digits, whole / power);
        whole %= power;
        let rest = (whole << shift) + part;
        if rest <= room {
            correct(&mut digits, room, rest, power << shift, distance);
            return digits;
        }
    }
    let mut places = 0_u32;
    loop {
        part *= 10;
        room *= 10;
        push(&mut digits, part >> shift);
        part &= one - 1;
        places += 1;
        if part < room {
            let distance = match places {
                0..=8 => distance.wrapping_mul(10_u64.pow(places)),
                _ => 0,
            };
            correct(&mut digits, room, part, one, distance);
            return digits;
        }
    }
}

/// Lowers the last digit while that comes nearer.
fn correct(digits: &mut [u8], room: u64, mut rest: u64, ten: u64, distance: u64) {
    let Some(last) = digits.last_mut() else {
        return;
    };
    while rest < distance
        && room - rest >= ten
        && (rest + ten < distance || distance - rest > rest + ten - distance)
    {
        *last -= 1;
        rest += ten;
    }
}

/// Ten to the powers -348, -340 … 340.
const POWERS: [(u64, i32); 87] = [
    (0xfa8f_d5a0_081c_0288, -1220),
    (0xbaae_e17f_a23e_bf76, -1193),
    (0x8b16_fb20_3055_ac76, -1166),
    (0xcf42_894a_5dce_35ea, -1140),
    (0x9a6b_b0aa_5565_3b2d, -1113),
    (0xe61a_cf03_3d1a_45df, -1087),
    (0xab70_fe17_c79a_c6ca, -1060),
    (0xff77_b1fc_bebc_dc4f, -1034),
    (0xbe56_91ef_416b_d60c, -1007),
    (0x8dd0_1fad_907f_fc3c, -980),
    (0xd351_5c28_3155_9a83, -954),
    (0x9d71_ac8f_ada6_c9b5, -927),
    (0xea9c_2277_23ee_8bcb, -901),
    (0xaecc_4991_4078_536d, -874),
    (0x823c_1279_5db6_ce57, -847),
    (0xc210_9436_4dfb_5637, -821),
    (0x9096_ea6f_3848_984f, -794),
    (0xd774_85cb_2582_3ac7, -768),
    (0xa086_cfcd_97bf_97f4, -741),
    (0xef34_0a98_172a_ace5, -715),
    (0xb238_67fb_2a35_b28e, -688),
    (0x84c8_d4df_d2c6_3f3b, -661),
    (0xc5dd_4427_1ad3_cdba, -635),
    (0x936b_9fce_bb25_c996, -608),
    (0xdbac_6c24_7d62_a584, -582),
    (0xa3ab_6658_0d5f_daf6, -555),
    (0xf3e2_f893_dec3_f126, -529),
    (0xb5b5_ada8_aaff_80b8, -502),
    (0x8762_5f05_6c7c_4a8b, -475),
    (0xc9bc_ff60_34c1_3053, -449),
    (0x964e_858c_91ba_2655, -422),
    (0xdff9_7724_7029_7ebd, -396),
    (0xa6df_bd9f_b8e5_b88f, -369),
    (0xf8a9_5fcf_8874_7d94, -343),
    (0xb944_7093_8fa8_9bcf, -316),
    (0x8a08_f0f8_bf0f_156b, -289),
    (0xcdb0_2555_6531_31b6, -263),
    (0x993f_e2c6_d07b_7fac, -236),
    (0xe45c_10c4_2a2b_3b06, -210),
    (0xaa24_2499_6973_92d3, -183),
    (0xfd87_b5f2_8300_ca0e, -157),
    (0xbce5_0864_9211_1aeb, -130),
    (0x8cbc_cc09_6f50_88cc, -103),
    (0xd1b7_1758_e219_652c, -77),
    (0x9c40_0000_0000_0000, -50),
    (0xe8d4_a510_0000_0000, -24),
    (0xad78_ebc5_ac62_0000, 3),
    (0x813f_3978_f894_0984, 30),
    (0xc097_ce7b_c907_15b3, 56),
    (0x8f7e_32ce_7bea_5c70, 83),
    (0xd5d2_38a4_abe9_8068, 109),
    (0x9f4f_2726_179a_2245, 136),
    (0xed63_a231_d4c4_fb27, 162),
    (0xb0de_6538_8cc8_ada8, 189),
    (0x83c7_088e_1aab_65db, 216),
    (0xc45d_1df9_4271_1d9a, 242),
    (0x924d_692c_a61b_e758, 269),
    (0xda01_ee64_1a70_8dea, 295),
    (0xa26d_a399_9aef_774a, 322),
    (0xf209_787b_b47d_6b85, 348),
    (0xb454_e4a1_79dd_1877, 375),
    (0x865b_8692_5b9b_c5c2, 402),
    (0xc835_53c5_c896_5d3d, 428),
    (0x952a_b45c_fa97_a0b3, 455),
    (0xde46_9fbd_99a0_5fe3, 481),
    (0xa59b_c234_db39_8c25, 508),
    (0xf6c6_9a72_a398_9f5c, 534),
    (0xb7dc_bf53_54e9_bece, 561),
    (0x88fc_f317_f222_41e2, 588),
    (0xcc20_ce9b_d35c_78a5, 614),
    (0x9816_5af3_7b21_53df, 641),
    (0xe2a0_b5dc_971f_303a, 667),
    (0xa8d9_d153_5ce3_b396, 694),
    (0xfb9b_7cd9_a4a7_443c, 720),
    (0xbb76_4c4c_a7a4_4410, 747),
    (0x8bab_8eef_b640_9c1a, 774),
    (0xd01f_ef10_a657_842c, 800),
    (0x9b10_a4e5_e991_3129, 827),
    (0xe710_9bfb_a19c_0c9d, 853),
    (0xac28_20d9_623b_f429, 880),
    (0x8044_4b5e_7aa7_cf85, 907),
    (0xbf21_e440_03ac_dd2d, 933),
    (0x8e67_9c2f_5e44_ff8f, 960),
    (0xd433_179d_9c8c_b841, 986),
    (0x9e19_db92_b4e3_1ba9, 1013),
    (0xeb96_bf6e_badf_77d9, 1039),
    (0xaf87_023b_9bf0_ee6b, 1066),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_the_real_engine() {
        for (value, text) in [
            (9.999_999_999_999_998, "9.999999999999999"),
            (10.000_000_000_000_002, "10.000000000000002"),
            (-50.250_000_000_000_01, "-50.25000000000001"),
            (100.0, "100.0"),
            (0.125, "0.125"),
            (-0.1, "-0.1"),
            (0.0, "0.0"),
        ] {
            assert_eq!(coordinate(value), text);
        }
    }

    #[test]
    fn every_text_reads_as_the_number() {
        let mut value = 1e-9_f64;
        while value < 180.0 {
            assert_eq!(coordinate(value).parse(), Ok(value));
            value *= 1.013;
        }
    }
}
