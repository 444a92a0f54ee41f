#pragma once

/// A disk that fails on demand, for whatever program it is preloaded into (`LD_PRELOAD`).
///
/// `FAULTY_DISK_FILES` is the beginning of the paths that lie on it, `FAULTY_DISK` a file of at least eight bytes that
/// says how it is at the moment, and may be written to at any time: a letter (below), and at offset 4 a number of
/// milliseconds in the machine's order.
enum faulty_disk_mode {
    /// As every disk should be.
    faulty_disk_well = 'w',
    /// What is there can be overwritten; nothing can grow: ENOSPC.
    faulty_disk_full = 'f',
    /// Mounted read-only meanwhile: EROFS.
    faulty_disk_read_only = 'r',
    /// Takes what is written, and fails when it is to be made durable: EIO from fsync.
    faulty_disk_forgetful = 's',
    /// Writing fails: EIO.
    faulty_disk_broken = 'e',
    /// Making durable takes as many milliseconds as are said.
    faulty_disk_slow = 'l',
};
