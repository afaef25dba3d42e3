import assert from "node:assert/strict";
import { test } from "node:test";
import { GAP_PATIENCE_MS, Sequence } from "../src/game/sequence.ts";

test("messages in order are taken", () => {
    const sequence = new Sequence();
    sequence.restart(10);
    assert.equal(sequence.observe(11, 0), "in-order");
    assert.equal(sequence.observe(12, 0), "in-order");
    assert.equal(sequence.hasGap(), false);
});

test("an old message is stale and changes nothing", () => {
    const sequence = new Sequence();
    sequence.restart(10);
    assert.equal(sequence.observe(10, 0), "stale");
    assert.equal(sequence.observe(9, 0), "stale");
    assert.equal(sequence.observe(11, 0), "in-order");
});

test("a hole is a gap until a full state comes", () => {
    const sequence = new Sequence();
    sequence.restart(1);
    assert.equal(sequence.observe(3, 100), "gap");
    assert.equal(sequence.observe(4, 120), "in-order");
    assert.equal(sequence.hasGap(), true);
    sequence.restart(7);
    assert.equal(sequence.hasGap(), false);
    assert.equal(sequence.isLost(100 + GAP_PATIENCE_MS * 2), false);
});

test("patience is counted from the first hole and ends", () => {
    const sequence = new Sequence();
    sequence.restart(1);
    sequence.observe(3, 1000);
    sequence.observe(9, 1900);
    assert.equal(sequence.isLost(1000 + GAP_PATIENCE_MS), false);
    assert.equal(sequence.isLost(1001 + GAP_PATIENCE_MS), true);
});

test("a stream that starts without a state is a gap", () => {
    const sequence = new Sequence();
    assert.equal(sequence.observe(5, 0), "gap");
    assert.equal(sequence.hasGap(), true);
});
