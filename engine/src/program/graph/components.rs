//! Connected components: numbers from 0 on, in the order of their first nodes.

use super::build::Neighbours;

/// Components of nodes that are connected by edges in any direction.
pub(super) fn weak(nodes: usize, leaving: &Neighbours) -> Vec<i64> {
    let mut parents: Vec<usize> = (0..nodes).collect();
    for node in 0..nodes {
        for (_, other) in leaving.of(number(node)) {
            let (a, b) = (
                root(&mut parents, node),
                root(&mut parents, *other as usize),
            );
            parents[a.max(b)] = a.min(b);
        }
    }
    let roots: Vec<usize> = (0..nodes).map(|node| root(&mut parents, node)).collect();
    numbered(&roots)
}

fn number(node: usize) -> u32 {
    u32::try_from(node).expect("nodes are numbered so")
}

fn root(parents: &mut [usize], mut node: usize) -> usize {
    while parents[node] != node {
        parents[node] = parents[parents[node]];
        node = parents[node];
    }
    node
}

fn numbered(roots: &[usize]) -> Vec<i64> {
    let mut numbers = vec![-1; roots.len()];
    let mut next = 0;
    roots
        .iter()
        .map(|root| {
            if numbers[*root] < 0 {
                numbers[*root] = next;
                next += 1;
            }
            numbers[*root]
        })
        .collect()
}

/// Components in which every node reaches every other along the edges (Tarjan's algorithm, without recursion).
pub(super) fn strong(nodes: usize, leaving: &Neighbours) -> Vec<i64> {
    const UNSEEN: usize = usize::MAX;
    let mut seen = vec![UNSEEN; nodes];
    let mut low = vec![0; nodes];
    let mut roots = vec![UNSEEN; nodes];
    let mut stack: Vec<usize> = Vec::new();
    let mut count = 0;
    for first in 0..nodes {
        if seen[first] != UNSEEN {
            continue;
        }
        let mut work = vec![(first, 0)];
        while let Some((node, edge)) = work.pop() {
            if edge == 0 {
                seen[node] = count;
                low[node] = count;
                count += 1;
                stack.push(node);
            }
            if let Some((_, other)) = leaving.of(number(node)).get(edge) {
                let other = *other as usize;
                work.push((node, edge + 1));
                if seen[other] == UNSEEN {
                    work.push((other, 0));
                } else if roots[other] == UNSEEN {
                    low[node] = low[node].min(seen[other]);
                }
                continue;
            }
            if low[node] == seen[node] {
                while let Some(member) = stack.pop() {
                    roots[member] = node;
                    if member == node {
                        break;
                    }
                }
            }
            if let Some((above, _)) = work.last() {
                low[*above] = low[*above].min(low[node]);
            }
        }
    }
    numbered(&roots)
}
