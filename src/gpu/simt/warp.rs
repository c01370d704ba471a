//! From the accesses of single threads to the requests of a warp.

use super::state::State;
use crate::gpu::{Access, Space, WARP, counters};
use std::panic::Location;

/// A call in the source that touches memory.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Call {
    pub place: &'static Location<'static>,
    pub access: Access,
    pub space: Space,
    /// Numbers at a time: 1 or 4.
    pub numbers: usize,
}

/// What one thread did by one call.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub thread: u16,
    pub call: u16,
    pub array: u32,
    pub index: usize,
}

/// What a warp does in one instruction.
struct Request {
    call: usize,
    /// How many of its threads take part.
    count: usize,
}

impl State {
    /// Ends a warp's step: forms its requests and counts them.
    ///
    /// On hardware 32 threads run in step, here one after another. So an instruction of
    /// the warp is put together afterwards: what its threads did by the same call, each
    /// coming by it for the same time since the last barrier.
    pub fn end_warp(&mut self) {
        let log = std::mem::take(&mut self.log);
        let (requests, of_entry) = self.requests(&log);
        // the accesses of each request side by side, in the order of the threads
        let mut end = 0;
        let mut next: Vec<usize> = requests
            .iter()
            .map(|request| {
                end += request.count;
                end - request.count
            })
            .collect();
        let (mut lanes, mut addresses) = (vec![0; log.len()], vec![0; log.len()]);
        for (entry, request) in log.iter().zip(&of_entry) {
            let at = &mut next[*request as usize];
            lanes[*at] = (usize::from(entry.thread) % WARP) as u8;
            addresses[*at] = self.array(entry).address + 4 * entry.index as u64;
            *at += 1;
        }
        for (request, end) in requests.iter().zip(&next) {
            let range = end - request.count..*end;
            self.count(request, &lanes[range.clone()], &addresses[range]);
        }
        if let Some(mut events) = self.events.take() {
            let entries = log.iter().zip(&of_entry);
            events.extend(entries.map(|(entry, request)| {
                self.event(entry, self.requests_before + u64::from(*request))
            }));
            self.events = Some(events);
        }
        self.requests_before += requests.len() as u64;
        self.log = log;
        self.log.clear();
    }

    /// The requests in the order in which they begin, and the request of each entry.
    fn requests(&self, log: &[Entry]) -> (Vec<Request>, Vec<u32>) {
        // how often the thread with the most visits came by each call
        let mut most = vec![0; self.calls.len()];
        by_visit(log, most.len(), |call, visit, _| {
            most[call] = most[call].max(visit + 1)
        });
        let mut slots = 0;
        let first: Vec<usize> = most
            .iter()
            .map(|visits| {
                slots += visits;
                slots - visits
            })
            .collect();
        let mut request_of_slot = vec![u32::MAX; slots];
        let mut requests = Vec::<Request>::new();
        let mut of_entry = Vec::with_capacity(log.len());
        by_visit(log, most.len(), |call, visit, _| {
            let slot = &mut request_of_slot[first[call] + visit];
            let full = |request: &Request| request.count == WARP;
            if requests.get(*slot as usize).is_none_or(full) {
                *slot = requests.len() as u32;
                requests.push(Request { call, count: 0 });
            }
            requests[*slot as usize].count += 1;
            of_entry.push(*slot);
        });
        (requests, of_entry)
    }

    fn count(&mut self, request: &Request, lanes: &[u8], addresses: &[u64]) {
        let Call { access, space, numbers, .. } = self.calls[request.call];
        let total = (request.count * numbers) as u64;
        let counters = &mut self.counters;
        match (space, access) {
            (Space::Global, Access::Load) => {
                counters.global_loads += total;
                counters.global_load_requests += 1;
                counters.global_load_sectors += counters::sectors(addresses);
            }
            (Space::Global, Access::Store) => {
                counters.global_stores += total;
                counters.global_store_requests += 1;
                counters.global_store_sectors += counters::sectors(addresses);
            }
            (_, Access::Load) => counters.shared_loads += total,
            (_, Access::Store) => counters.shared_stores += total,
        }
        if space == Space::Shared {
            counters.shared_requests += 1;
            let bytes = 4 * numbers as u64;
            counters.bank_conflicts +=
                counters::bank_conflicts(addresses, lanes, bytes);
        }
    }
}

/// Calls `each` with the call, how often the thread came by it before, and the entry.
/// The entries of a thread stand together.
fn by_visit(log: &[Entry], calls: usize, mut each: impl FnMut(usize, usize, &Entry)) {
    let mut visits = vec![0; calls];
    let mut thread = None;
    for entry in log {
        if thread.replace(entry.thread) != Some(entry.thread) {
            visits.fill(0);
        }
        let call = usize::from(entry.call);
        each(call, visits[call], entry);
        visits[call] += 1;
    }
}
