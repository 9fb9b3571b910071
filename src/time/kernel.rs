//! What the kernel has to say about time: its monotonic clock, and whether it trusts the CPU's
//! counter.

/// Nanoseconds on the kernel's monotonic clock, the one that `timerfd` and `epoll` wait on.
#[cfg(unix)]
pub(super) fn now_nanos() -> u64 {
    nanos_of(rustix::time::ClockId::Monotonic)
}

/// Nanoseconds on one of the kernel's clocks.
#[cfg(unix)]
pub(super) fn nanos_of(clock: rustix::time::ClockId) -> u64 {
    nanos(rustix::time::clock_gettime(clock))
}

/// What a clock moves by at a time, as the kernel tells it.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn resolution_nanos_of(clock: rustix::time::ClockId) -> u64 {
    nanos(rustix::time::clock_getres(clock))
}

#[cfg(unix)]
fn nanos(time: rustix::time::Timespec) -> u64 {
    // Neither is ever negative or too long in practice; if so, the clock shows its limits.
    let secs = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
    secs.saturating_mul(1_000_000_000).saturating_add(nanos)
}

/// Nanoseconds on the kernel's monotonic clock, since the first call: `std` tells no absolute
/// reading.
#[cfg(not(unix))]
pub(super) fn now_nanos() -> u64 {
    use std::sync::OnceLock;
    use std::time::Instant;

    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    let elapsed = ORIGIN.get_or_init(Instant::now).elapsed();
    u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX)
}

/// Whether the kernel itself keeps time by the CPU's counter.
///
/// CPUID can call a TSC invariant that differs between sockets, or that a firmware writes to. The
/// kernel watches it against other clocks from boot on, and moves to another source when they
/// disagree. `kvm-clock`, `hyperv_clocksource_tsc_page` and `xen` do read the TSC, but through a
/// page in which the host corrects rate and offset, for instance after a migration; a guest that
/// may rely on the bare counter has `tsc` here. So only the bare counters count, and where nothing
/// can be read (no sysfs in a sandbox) the answer is the safe one.
#[cfg_attr(not(target_has_atomic = "64"), allow(dead_code))]
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn trusts_the_counter() -> bool {
    const CURRENT: &str =
        "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    std::fs::read_to_string(CURRENT).is_ok_and(|name| is_bare_counter(&name))
}

/// Other kernels do not say, and have no way to reject the counter that would need to be asked.
#[cfg_attr(not(target_has_atomic = "64"), allow(dead_code))]
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn trusts_the_counter() -> bool {
    true
}

#[cfg_attr(not(target_has_atomic = "64"), allow(dead_code))]
#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_bare_counter(clocksource: &str) -> bool {
    matches!(clocksource.trim_end(), "tsc" | "arch_sys_counter")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_does_not_go_back() {
        let mut last = 0;
        for _ in 0..10_000 {
            let now = now_nanos();
            assert!(now >= last);
            last = now;
        }
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    #[test]
    fn only_bare_counters_are_trusted() {
        for yes in ["tsc\n", "tsc", "arch_sys_counter\n"] {
            assert!(is_bare_counter(yes), "{yes}");
        }
        for no in ["kvm-clock\n", "hpet\n", "acpi_pm\n", "xen\n", "tsc-early\n", ""] {
            assert!(!is_bare_counter(no), "{no}");
        }
    }
}
