//! Aggregates run over small plans.
