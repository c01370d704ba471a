//! In which order the pieces of a kernel are laid out.
//!
//! The machine lets those threads of a warp go first that are furthest behind. For that
//! to bring them together again soon, the code is laid out so that a piece comes after
//! all pieces that lead to it, and a loop's exit after the whole loop.

/// Loops inside each other beyond this are left in the order of the text.
const DEEPEST: usize = 64;

/// The order of the pieces that can be reached from piece 0. `next[i]` are the pieces
/// that can follow piece i.
pub(super) fn order(next: &[Vec<usize>]) -> Vec<usize> {
    let mut search = Search {
        next,
        member: vec![false; next.len()],
        index: vec![0; next.len()],
        low: vec![0; next.len()],
    };
    let mut order = Vec::with_capacity(next.len());
    if !next.is_empty() {
        let reached = search.reached();
        search.arrange(&reached, &mut order, 0);
    }
    order
}

/// Tarjan's search for pieces that can reach each other: those are loops.
struct Search<'a> {
    next: &'a [Vec<usize>],
    member: Vec<bool>,
    /// When a piece was found, from 1; 0 before; `DONE` after its loop is complete.
    index: Vec<usize>,
    low: Vec<usize>,
}

const DONE: usize = usize::MAX;

impl Search<'_> {
    fn reached(&self) -> Vec<usize> {
        let mut seen = vec![false; self.next.len()];
        let (mut reached, mut open) = (Vec::new(), vec![0]);
        seen[0] = true;
        while let Some(piece) = open.pop() {
            reached.push(piece);
            for &to in &self.next[piece] {
                if !seen[to] {
                    seen[to] = true;
                    open.push(to);
                }
            }
        }
        reached.sort_unstable();
        reached
    }

    /// Loops one after the other, and inside each loop the same without its head.
    fn arrange(&mut self, pieces: &[usize], order: &mut Vec<usize>, depth: usize) {
        for mut group in self.groups(pieces) {
            if depth == DEEPEST {
                group.sort_unstable();
                order.extend(group);
                continue;
            }
            order.push(group[0]);
            if group.len() > 1 {
                let mut rest = group.split_off(1);
                rest.sort_unstable();
                self.arrange(&rest, order, depth + 1);
            }
        }
    }

    /// The groups of pieces that reach each other, each led by the piece that is
    /// entered first; a group comes after those that lead to it.
    fn groups(&mut self, pieces: &[usize]) -> Vec<Vec<usize>> {
        for &piece in pieces {
            (self.member[piece], self.index[piece]) = (true, 0);
        }
        let (mut groups, mut stack, mut found) = (Vec::new(), Vec::new(), 0);
        for &start in pieces {
            if self.index[start] == 0 {
                self.search(start, &mut found, &mut stack, &mut groups);
            }
        }
        for &piece in pieces {
            self.member[piece] = false;
        }
        groups.reverse();
        groups
    }

    fn search(
        &mut self,
        start: usize,
        found: &mut usize,
        stack: &mut Vec<usize>,
        groups: &mut Vec<Vec<usize>>,
    ) {
        let mut path = vec![(start, 0)];
        while let Some((piece, at)) = path.last_mut() {
            let piece = *piece;
            if *at == 0 {
                *found += 1;
                (self.index[piece], self.low[piece]) = (*found, *found);
                stack.push(piece);
            }
            let to = self.next[piece].get(*at).copied();
            *at += 1;
            if let Some(to) = to {
                if !self.member[to] || self.index[to] == DONE {
                    continue;
                }
                if self.index[to] == 0 {
                    path.push((to, 0));
                } else {
                    self.low[piece] = self.low[piece].min(self.index[to]);
                }
                continue;
            }
            path.pop();
            if let Some((parent, _)) = path.last() {
                self.low[*parent] = self.low[*parent].min(self.low[piece]);
            }
            if self.low[piece] == self.index[piece] {
                let from = stack.iter().rposition(|other| *other == piece);
                let group = stack.split_off(from.unwrap_or(0));
                for &member in &group {
                    self.index[member] = DONE;
                }
                groups.push(group);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn a_join_comes_after_both_of_its_branches() {
        // 0 -> 3 or 2; 3 -> 1; 2 -> 1: the text has the join first
        let next = [vec![3, 2], vec![], vec![1], vec![1]];
        let seen = order(&next);
        assert_eq!(seen[0], 0);
        assert_eq!(seen[3], 1);
    }

    #[test]
    fn a_loop_comes_before_its_exit_and_begins_with_its_head() {
        // 0 -> 2; 1 -> 2 or 4; 2 -> 3 or 1; 3 -> 1: the end of the body comes first
        let next = [vec![2], vec![2, 4], vec![3, 1], vec![1], vec![]];
        assert_eq!(order(&next), [0, 2, 3, 1, 4]);
    }

    #[test]
    fn loops_inside_loops_stay_together_and_dead_pieces_fall_away() {
        // 0 -> 1; 1 -> 2; 2 -> 2 or 3; 3 -> 1 or 5; 4 is dead
        let next = [vec![1], vec![2], vec![3, 2], vec![5, 1], vec![5], vec![]];
        assert_eq!(order(&next), [0, 1, 2, 3, 5]);
    }

    #[test]
    fn a_long_chain_and_deep_loops_end() {
        let long: Vec<Vec<usize>> = (0..20_000).map(|i| vec![i + 1]).collect();
        let long: Vec<_> = long.into_iter().chain([vec![]]).collect();
        assert_eq!(order(&long).len(), 20_001);
        let n = 300;
        let deep: Vec<Vec<usize>> =
            (0..n).map(|i| vec![(i + 1) % n, n - 1 - i]).collect();
        assert_eq!(order(&deep).len(), n);
    }
}
