//! Memory and functions as the page's worker sees them. The only place with raw pointers.
//!
//! The worker asks for memory ([`learnware_alloc`]), writes a call into it, and hands it to [`learnware_call`],
//! which takes it over: four bytes with the length of the JSON header, the header, then bytes. The answer is
//! memory of the same form with a second length (`message::packed`), which the worker gives back with
//! [`learnware_free`]. The worker brings three functions: reading pieces of files, showing progress, and
//! hearing why we panicked, after which nothing here may be called any more.
#![expect(unsafe_code, reason = "the boundary to the worker is raw memory")]
#![expect(unreachable_pub, reason = "the worker reaches what is exported")]

use std::cell::RefCell;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use learnware_data::files::{Files, Found, Input, list_names};
use learnware_data::watcher::Stage;

use crate::message::{Answer, Call, Refusal, packed};
use crate::session::{Session, answer_alone, place_of, placed_names};

#[link(wasm_import_module = "host")]
unsafe extern "C" {
    /// Copies at most `length` bytes of a file from `offset` on; the number copied, negative on failure.
    fn file_read(file: u32, offset: f64, pointer: *mut u8, length: u32) -> i32;
    /// Shows how far a stage is; `total` is negative where it is not known.
    fn progress(stage: u32, done: f64, total: f64);
    /// Tells why the module can't go on.
    fn panicked(pointer: *const u8, length: u32);
}

thread_local! {
    static SESSION: RefCell<Option<Session<WorkerFiles>>> = const { RefCell::new(None) };
}

/// Memory of that many bytes, for the worker to write into.
#[unsafe(no_mangle)]
pub extern "C" fn learnware_alloc(length: u32) -> *mut u8 {
    let memory = vec![0_u8; length as usize].into_boxed_slice();
    Box::into_raw(memory).cast()
}

/// Takes memory back.
///
/// # Safety
///
/// `pointer` came from [`learnware_alloc`] or [`learnware_call`] and has `length` bytes; it is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn learnware_free(pointer: *mut u8, length: u32) {
    drop(unsafe { taken(pointer, length) });
}

/// Answers a call, which it takes over; the answer has two lengths of four bytes and as many bytes after them.
///
/// # Safety
///
/// As for [`learnware_free`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn learnware_call(pointer: *mut u8, length: u32) -> *mut u8 {
    std::panic::set_hook(Box::new(|information| {
        let message = information.to_string();
        unsafe { panicked(message.as_ptr(), message.len() as u32) };
    }));
    let call = unsafe { taken(pointer, length) };
    let answer = packed(answer(&call)).into_boxed_slice();
    Box::into_raw(answer).cast()
}

/// # Safety
///
/// As for [`learnware_free`].
unsafe fn taken(pointer: *mut u8, length: u32) -> Box<[u8]> {
    unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(pointer, length as usize)) }
}

fn answer(call: &[u8]) -> Result<Answer, Refusal> {
    let broken =
        |what: String| Refusal::new("call", format!("the page's call is broken: {what}"), "reload the page");
    let (length, rest) = call.split_first_chunk::<4>().ok_or_else(|| broken("it is empty".into()))?;
    let length = u32::from_le_bytes(*length) as usize;
    let (header, bytes) = rest.split_at_checked(length).ok_or_else(|| broken("it is cut off".into()))?;
    let call: Call = serde_json::from_slice(header).map_err(|error| broken(error.to_string()))?;
    SESSION.with_borrow_mut(|session| {
        if let Call::Open { files, .. } = &call {
            *session = Some(opened(files));
        }
        match session {
            None => answer_alone(&call, bytes),
            Some(session) => session.answer(&call, bytes),
        }
    })
}

/// A session about files of the worker, by their names and sizes.
fn opened(files: &[(String, f64)]) -> Session<WorkerFiles> {
    let names = placed_names(files.iter().map(|(name, _)| name.clone()).collect());
    let place = place_of(&names);
    let mut files: Vec<WorkerFile> = names
        .into_iter()
        .zip(files)
        .enumerate()
        .map(|(number, (name, (_, size)))| WorkerFile { name, number: number as u32, size: *size as u64 })
        .collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Session::new(WorkerFiles { files }, place, show)
}

fn show(stage: Stage, done: u64, total: Option<u64>) {
    let number = match stage {
        Stage::Texts | Stage::Images => 0,
        Stage::Columns => 1,
        Stage::EmbeddingTexts | Stage::EmbeddingImages | Stage::Learning => 2,
        Stage::Specification | Stage::ReferenceSpecification => 3,
        Stage::Report => 4,
    };
    unsafe { progress(number, done as f64, total.map_or(-1.0, |total| total as f64)) };
}

/// The files of the worker, by name.
struct WorkerFiles {
    files: Vec<WorkerFile>,
}

#[derive(Clone)]
struct WorkerFile {
    name: String,
    number: u32,
    size: u64,
}

impl WorkerFiles {
    fn file(&self, path: &Path) -> Option<&WorkerFile> {
        let name = path.to_str()?;
        let place = self.files.binary_search_by(|file| file.name.as_str().cmp(name)).ok()?;
        self.files.get(place)
    }
}

impl Files for WorkerFiles {
    fn find(&self, path: &Path) -> io::Result<Found> {
        match self.file(path) {
            Some(file) => Ok(Found::File(file.size)),
            None if self.list(path)?.is_empty() => Err(io::ErrorKind::NotFound.into()),
            None => Ok(Found::Folder),
        }
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Input>> {
        let file = self.file(path).ok_or(io::ErrorKind::NotFound)?.clone();
        Ok(Box::new(Reading { file, next: 0 }))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<(String, bool)>> {
        Ok(list_names(self.files.iter().map(|file| file.name.as_str()), folder))
    }
}

/// A file of the worker while it is read.
struct Reading {
    file: WorkerFile,
    next: u64,
}

impl Read for Reading {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.file.size.saturating_sub(self.next)).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left).min(i32::MAX as usize);
        if wanted == 0 {
            return Ok(0);
        }
        let count =
            unsafe { file_read(self.file.number, self.next as f64, buffer.as_mut_ptr(), wanted as u32) };
        let count = usize::try_from(count).ok().filter(|&count| count <= wanted);
        let count = count.ok_or_else(|| io::Error::other("the browser could not read the file"))?;
        self.next += count as u64;
        Ok(count)
    }
}

impl Seek for Reading {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let next = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::Current(step) => self.next.checked_add_signed(step),
            SeekFrom::End(step) => self.file.size.checked_add_signed(step),
        };
        self.next = next.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.next)
    }
}
