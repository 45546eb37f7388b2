//! A static library without `std` that uses all four crates with their default features off.
//!
//! It brings its own panic handler and allocator. As soon as anything in its dependency tree links `std`, there are two panic handlers and the compiler says
//! ``found duplicate lang item `panic_impl` ``. It is real only where panics abort (otherwise `core` would want an unwinder), which is how it is told apart from an ordinary
//! build of the whole workspace, whose features it must not share:
//!
//! ```text
//! cargo build -p no-std-check --config 'profile.dev.panic="abort"'
//! ```
#![cfg_attr(panic = "abort", no_std)]
#![cfg(panic = "abort")]

use core::alloc::{GlobalAlloc, Layout};
use core::panic::PanicInfo;

use jwt_core::policy::{self, Audience, Expiry, Policy, Typ};
use jwt_core::{Moment, RegisteredClaims, Timestamp, VerifyingKey};
use oauth_client_sans_io::{Discovery, Flow, Step};
use oauth_resource_sans_io::{Check, Guard, RequestHead};
use oauth_types::{Expect, HttpResponse, Issuer, TokenResponse};

/// Never gives memory: this library is built, not run.
struct NoMemory;

// SAFETY: a null pointer is the documented answer of an allocator that cannot serve a request; nothing is ever handed out, so nothing can be freed wrongly.
unsafe impl GlobalAlloc for NoMemory {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        core::ptr::null_mut()
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static ALLOCATOR: NoMemory = NoMemory;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

/// What a firmware would call, one line for each crate: reached from outside, so that all four are compiled into the library and not only named.
///
/// # Safety
///
/// `bytes` must point to `length` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sans_io_check(bytes: *const u8, length: usize, now: u64) -> u32 {
    // SAFETY: the caller's promise.
    let bytes = unsafe { core::slice::from_raw_parts(bytes, length) };
    let now = Timestamp::from_unix(now);
    [verifies(bytes, now), reads(bytes, now), flows(bytes, now), guards(bytes, now)].into_iter().map(u32::from).sum()
}

fn verifies(bytes: &[u8], now: Timestamp) -> bool {
    let policy = Policy::new(
        policy::Issuer::exactly("https://as.example"),
        Audience::contains("api"),
        Typ::AccessToken,
        Expiry::Required,
    );
    let (Ok(key), Ok(token)) = (VerifyingKey::hs256(bytes), core::str::from_utf8(bytes)) else { return false };
    jwt_core::verify::<RegisteredClaims>(token, &key, &policy, now).is_ok()
}

fn reads(bytes: &[u8], now: Timestamp) -> bool {
    TokenResponse::from_http(&HttpResponse::new(200).with_body(bytes), &Expect::new(now)).is_ok()
}

fn flows(bytes: &[u8], now: Timestamp) -> bool {
    let Ok(Ok(issuer)) = core::str::from_utf8(bytes).map(Issuer::new) else { return false };
    let mut flow = Discovery::new(issuer);
    matches!(flow.resume(Moment::new(now, [0; 32])), Ok(Step::Send(_)))
}

fn guards(bytes: &[u8], now: Timestamp) -> bool {
    let guard = Guard::new("https://api.example");
    let Ok(field) = core::str::from_utf8(bytes) else { return false };
    matches!(guard.check(&RequestHead::new("GET", "/").authorization([field]), now), Check::Granted(_))
}
