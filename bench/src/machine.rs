//! What the figures were measured on, as far as the system tells (Linux).

use std::fs;

/// Names and values for the head of the table.
pub(crate) fn facts() -> Vec<(&'static str, String)> {
    let line = |text: &str, key: &str| {
        let line = text.lines().find(|line| line.starts_with(key))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let unknown = || "unknown".to_owned();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let processor = line(&read("/proc/cpuinfo"), "model name").unwrap_or_else(unknown);
    let kilobytes = line(&read("/proc/meminfo"), "MemTotal").unwrap_or_default();
    let memory: Option<u64> = kilobytes.split(' ').next().and_then(|number| number.parse().ok());
    let memory = memory.map_or_else(unknown, |kilobytes| format!("{} GiB", (kilobytes + (1 << 19)) >> 20));
    let given = |name: &str| std::env::var(name).unwrap_or_else(|_| unknown());
    vec![
        (
            "machine",
            format!("{processor}, {cores} cores, {memory}, Linux {}", read("/proc/sys/kernel/osrelease").trim()),
        ),
        ("Tern", given("BENCH_COMMIT")),
        ("compiler, database", format!("{}, {}", given("BENCH_RUSTC"), given("BENCH_POSTGRES"))),
        ("load average before (1, 5, 15 min)", given("BENCH_LOAD_BEFORE")),
    ]
}
