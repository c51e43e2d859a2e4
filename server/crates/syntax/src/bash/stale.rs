//! Facts of a text that parsed, carried over to one that does not: while somebody types, a quote
//! is open more often than not, and everything after it would be lost.

use super::super::{TextChange, TextRange, TextSize};
use super::container::{ContainerFacts, UnitAction};
use super::{
    Expansion, FunctionExport, HereDoc, MaskedStatus, NameOccurrence, ScriptFacts, Slip,
    WrongLineEnds,
};

impl ScriptFacts {
    /// These facts, of `old`, with their ranges where they are in `new`. What was changed in
    /// between has no range any more: an empty one where the change begins.
    pub fn moved(&self, old: &str, new: &str) -> ScriptFacts {
        let change = TextChange::between(old, new);
        // No `..`: whoever adds a fact has to say how it moves.
        let ScriptFacts {
            effects,
            heredocs,
            paths,
            occurrences,
            glued_brackets,
            masked_statuses,
            function_exports,
            slips,
            wrong_line_ends,
            spans,
            has_errors,
            is_unfinished,
            is_stale,
        } = self;
        ScriptFacts {
            effects: effects.clone(),
            heredocs: heredocs.iter().map(|h| change.heredoc(h)).collect(),
            paths: paths.clone(),
            occurrences: occurrences.iter().map(|o| change.occurrence(o)).collect(),
            glued_brackets: glued_brackets
                .iter()
                .map(|bracket| change.apply(*bracket))
                .filter(|bracket| !bracket.is_empty())
                .collect(),
            masked_statuses: masked_statuses
                .iter()
                .map(|masked| change.masked_status(masked))
                .filter(|masked| !masked.declaration.is_empty())
                .collect(),
            function_exports: function_exports
                .iter()
                .map(|export| FunctionExport {
                    name: export.name.clone(),
                    range: change.apply(export.range),
                })
                .collect(),
            slips: slips
                .iter()
                .map(|slip| change.slip(slip))
                .filter(|slip| !slip.range.is_empty())
                .collect(),
            wrong_line_ends: wrong_line_ends.map(|wrong| WrongLineEnds {
                first: change.apply(wrong.first),
                ..wrong
            }),
            spans: spans.iter().map(|span| change.apply(*span)).collect(),
            has_errors: *has_errors,
            is_unfinished: *is_unfinished,
            is_stale: *is_stale,
        }
    }
}

impl TextChange {
    fn apply(&self, range: TextRange) -> TextRange {
        match (self.offset(range.start()), self.offset(range.end())) {
            (Some(start), Some(end)) if start <= end => TextRange::new(start, end),
            _ => TextRange::empty(TextSize::try_from(self.start).unwrap_or_default()),
        }
    }

    fn occurrence(&self, occurrence: &NameOccurrence) -> NameOccurrence {
        let NameOccurrence { kind, role, range } = *occurrence;
        let range = self.apply(range);
        NameOccurrence { kind, role, range }
    }

    fn heredoc(&self, heredoc: &HereDoc) -> HereDoc {
        let HereDoc {
            quoted,
            opened,
            delimiter,
            body,
            closed,
            ends_alike,
            opened_inside,
            function,
            expansions,
            inner_expansions,
            container: ContainerFacts { assigned, units },
        } = heredoc;
        // Without a range, what it says is not to be fixed.
        let expansions = expansions
            .iter()
            .map(|expansion| self.expansion(expansion))
            .filter(|expansion| !expansion.range.is_empty());
        let inner = inner_expansions
            .iter()
            .map(|expansion| self.expansion(expansion))
            .filter(|expansion| !expansion.range.is_empty());
        HereDoc {
            quoted: *quoted,
            opened: self.apply(*opened),
            delimiter: delimiter.clone(),
            body: self.apply(*body),
            closed: *closed,
            ends_alike: ends_alike.iter().map(|line| self.apply(*line)).collect(),
            opened_inside: opened_inside.map(|range| self.apply(range)),
            function: *function,
            expansions: expansions.collect(),
            inner_expansions: inner.collect(),
            container: ContainerFacts {
                assigned: assigned.clone(),
                units: units.iter().map(|unit| self.unit(unit)).collect(),
            },
        }
    }

    fn expansion(&self, expansion: &Expansion) -> Expansion {
        let Expansion { name, range, rest } = expansion;
        Expansion {
            name: name.clone(),
            range: self.apply(*range),
            rest: rest.clone(),
        }
    }

    fn masked_status(&self, masked: &MaskedStatus) -> MaskedStatus {
        MaskedStatus {
            declaration: self.apply(masked.declaration),
            status_use: self.apply(masked.status_use),
            ..masked.clone()
        }
    }

    fn slip(&self, slip: &Slip) -> Slip {
        Slip {
            range: self.apply(slip.range),
            because: self.apply(slip.because),
            ..slip.clone()
        }
    }

    fn unit(&self, action: &UnitAction) -> UnitAction {
        let UnitAction { verb, unit, range } = action;
        UnitAction {
            verb: *verb,
            unit: unit.clone(),
            range: self.apply(*range),
        }
    }
}
