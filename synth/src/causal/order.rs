//! Causes before effects.

use facs::{ActionUnit, AuEdge};

const UNITS: usize = ActionUnit::COUNT;

/// All units, parents before children; among units that could come next, axis order.
///
/// # Errors
/// A cycle: its units in the direction of the edges, beginning with the lowest.
pub(super) fn topological(edges: &[AuEdge]) -> Result<[ActionUnit; UNITS], Vec<ActionUnit>> {
    let mut waiting = [0_usize; UNITS];
    for edge in edges {
        waiting[edge.to.index()] += 1;
    }
    let mut done = [false; UNITS];
    let mut order = [ActionUnit::Au01; UNITS];
    for place in &mut order {
        let ready = ActionUnit::ALL
            .into_iter()
            .find(|unit| !done[unit.index()] && waiting[unit.index()] == 0);
        let Some(unit) = ready else {
            return Err(cycle(edges, &done));
        };
        done[unit.index()] = true;
        for edge in edges.iter().filter(|edge| edge.from == unit) {
            waiting[edge.to.index()] -= 1;
        }
        *place = unit;
    }
    Ok(order)
}

/// One cycle among the units that could not be ordered. Each of those has a parent that could not
/// be ordered either, so that walking up must meet itself.
fn cycle(edges: &[AuEdge], done: &[bool; UNITS]) -> Vec<ActionUnit> {
    let parent = |unit| {
        let mut parents = edges
            .iter()
            .filter(|edge| edge.to == unit && !done[edge.from.index()]);
        parents.next().map(|edge| edge.from)
    };
    let mut walk: Vec<ActionUnit> = Vec::new();
    let mut next = ActionUnit::ALL.into_iter().find(|unit| !done[unit.index()]);
    while let Some(unit) = next {
        if let Some(start) = walk.iter().position(|&earlier| earlier == unit) {
            let mut cycle = walk.split_off(start);
            cycle.reverse();
            let lowest = cycle.iter().enumerate().min_by_key(|(_, unit)| **unit);
            let lowest = lowest.map_or(0, |(index, _)| index);
            cycle.rotate_left(lowest);
            return cycle;
        }
        walk.push(unit);
        next = parent(unit);
    }
    walk
}
