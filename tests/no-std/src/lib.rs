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

extern crate alloc;

use core::alloc::{GlobalAlloc, Layout};
use core::panic::PanicInfo;

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

use oauth_client_sans_io as _;
use oauth_resource_sans_io as _;
use oauth_types as _;

/// What a firmware would call: reached from outside, so that the four crates are compiled into the library and not only named.
///
/// # Safety
///
/// `bytes` must point to `length` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sans_io_check(bytes: *const u8, length: usize) -> u32 {
    // SAFETY: the caller's promise.
    let bytes = unsafe { core::slice::from_raw_parts(bytes, length) };
    u32::from(jwt_core::digest::constant_time_eq(bytes, b"token"))
}
