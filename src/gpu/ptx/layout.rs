//! In which order the pieces of a kernel are laid out.
//!
//! The machine lets those threads of a warp go first that are furthest behind. For that
//! to bring them together again soon, the code is laid out so that a piece comes after
//! all pieces that lead to it, and a loop's exit after the whole loop.

use super::code::{Instruction, Line, Op};

/// The code of a kernel as the machine runs it: pieces in the order of [`order`], jumps
/// to where their targets have come to lie. `targets` are the instructions that the
/// jumps of `code` mean, which ends with an exit.
pub(super) fn arrange(
    code: &[Instruction],
    lines: &[Line],
    targets: &[usize],
) -> (Vec<Instruction>, Vec<Line>) {
    let pieces = Pieces::of(code, targets);
    let next: Vec<Vec<usize>> = (0..pieces.starts.len())
        .map(|piece| pieces.next(piece, code, targets))
        .collect();
    let order = order(&next);
    let (mut arranged, mut places) = (Vec::new(), Vec::new());
    let mut moved = vec![0_u32; pieces.starts.len()];
    for (at, &piece) in order.iter().enumerate() {
        moved[piece] = arranged.len() as u32;
        let range = pieces.range(piece);
        let last = range.end - 1;
        places.extend_from_slice(&lines[range.clone()]);
        for instruction in &code[range] {
            arranged.push(match instruction.op {
                Op::Branch(to, _) => {
                    let to = pieces.holding(targets[to as usize]) as u32;
                    let op = Op::Branch(to, piece as u32 + 1);
                    Instruction { op, ..*instruction }
                }
                _ => *instruction,
            });
        }
        // what followed in the text may now lie elsewhere
        let falls = next[piece].contains(&(piece + 1));
        let jumps = matches!(code[last].op, Op::Branch(..));
        if falls && !jumps && order.get(at + 1) != Some(&(piece + 1)) {
            let op = Op::Goto(piece as u32 + 1);
            arranged.push(Instruction { op, guard: None });
            places.push(lines[last]);
        }
    }
    let place = |piece: u32| moved.get(piece as usize).copied().unwrap_or(0);
    for instruction in &mut arranged {
        match &mut instruction.op {
            Op::Branch(to, otherwise) => {
                (*to, *otherwise) = (place(*to), place(*otherwise));
            }
            Op::Goto(to) => *to = place(*to),
            _ => {}
        }
    }
    (arranged, places)
}

/// Runs of instructions that are entered at the first and left at the last one only.
struct Pieces {
    starts: Vec<usize>,
    end: usize,
}

impl Pieces {
    /// A piece begins at each target of a jump and behind each jump or exit.
    fn of(code: &[Instruction], targets: &[usize]) -> Self {
        let mut first = vec![false; code.len()];
        first[0] = true;
        for target in targets {
            first[*target] = true;
        }
        for (instruction, behind) in code.iter().zip(1..) {
            if matches!(instruction.op, Op::Branch(..) | Op::Exit)
                && behind < code.len()
            {
                first[behind] = true;
            }
        }
        let starts = (0..code.len()).filter(|index| first[*index]).collect();
        Self { starts, end: code.len() }
    }

    fn range(&self, piece: usize) -> std::ops::Range<usize> {
        let end = self.starts.get(piece + 1).copied().unwrap_or(self.end);
        self.starts[piece]..end
    }

    /// The piece that holds an instruction.
    fn holding(&self, index: usize) -> usize {
        self.starts.partition_point(|start| *start <= index) - 1
    }

    /// The pieces that can follow.
    fn next(
        &self,
        piece: usize,
        code: &[Instruction],
        targets: &[usize],
    ) -> Vec<usize> {
        let Instruction { op, guard } = code[self.range(piece).end - 1];
        let mut next = Vec::new();
        if let Op::Branch(to, _) = op {
            next.push(self.holding(targets[to as usize]));
        }
        let ends = matches!(op, Op::Branch(..) | Op::Exit) && guard.is_none();
        if !ends && piece + 1 < self.starts.len() {
            next.push(piece + 1);
        }
        next
    }
}

/// Loops inside each other beyond this are left in the order of the text.
const DEEPEST: usize = 64;

/// The order of the pieces that can be reached from piece 0. `next[i]` are the pieces
/// that can follow piece i.
fn order(next: &[Vec<usize>]) -> Vec<usize> {
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
