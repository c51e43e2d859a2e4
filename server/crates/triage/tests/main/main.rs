//! Logs to causes: every entry of the catalogue by its own lines (`entries`), whole logs with the
//! cause marked in them (`logs`), causes to ranges of a checkout (`origins`), and texts that nobody
//! thought of (`robustness`).

#![cfg(test)]

mod entries;
mod logs;
mod origins;
mod robustness;

use fixture::Suite;

fn main() {
    let suite = Suite::new(env!("CARGO_MANIFEST_DIR"))
        .files("logs", logs::check)
        .files("origins", origins::check)
        .test("entries::examples_are_found", entries::examples_are_found)
        .test("entries::near_misses_are_not", entries::near_misses_are_not)
        .test("entries::the_list_is_whole", entries::the_list_is_whole)
        .test(
            "entries::texts_are_well_formed",
            entries::texts_are_well_formed,
        )
        .test(
            "entries::causes_are_found_in_logs",
            entries::causes_are_found_in_logs,
        )
        .test(
            "entries::noise_is_never_reported",
            entries::noise_is_never_reported,
        )
        .test(
            "entries::summaries_lead_upwards",
            entries::summaries_lead_upwards,
        )
        .test(
            "entries::needed_units_are_never_to_be_masked",
            entries::needed_units_are_never_to_be_masked,
        )
        .test("entries::the_page_is_current", entries::the_page_is_current)
        .test("logs::there_are_enough", logs::there_are_enough);
    robustness::add_to(suite).execute()
}
