import type { NexmarkQuery } from "./query.ts";
import q0, { answer as answer0 } from "./queries/q0.ts";
import q1, { answer as answer1 } from "./queries/q1.ts";
import q2, { answer as answer2 } from "./queries/q2.ts";
import q3, { answer as answer3 } from "./queries/q3.ts";
import q4, { answer as answer4 } from "./queries/q4.ts";
import q5, { answer as answer5 } from "./queries/q5.ts";
import q7, { answer as answer7 } from "./queries/q7.ts";
import q8, { answer as answer8 } from "./queries/q8.ts";
import q9, { answer as answer9 } from "./queries/q9.ts";
import q11, { answer as answer11 } from "./queries/q11.ts";
import q12, { answer as answer12 } from "./queries/q12.ts";
import q14, { answer as answer14 } from "./queries/q14.ts";
import q15, { answer as answer15 } from "./queries/q15.ts";
import q16, { answer as answer16 } from "./queries/q16.ts";
import q17, { answer as answer17 } from "./queries/q17.ts";
import q18, { answer as answer18 } from "./queries/q18.ts";
import q19, { answer as answer19 } from "./queries/q19.ts";
import q20, { answer as answer20 } from "./queries/q20.ts";
import q21, { answer as answer21 } from "./queries/q21.ts";
import q22, { answer as answer22 } from "./queries/q22.ts";

/** The queries that are benched and checked, in order. */
export const QUERIES: readonly NexmarkQuery[] = [
  { name: "q0", reads: ["bids"], pipeline: q0, answer: answer0 },
  { name: "q1", reads: ["bids"], pipeline: q1, answer: answer1 },
  { name: "q2", reads: ["bids"], pipeline: q2, answer: answer2 },
  { name: "q3", reads: ["persons", "auctions"], pipeline: q3, answer: answer3 },
  { name: "q4", reads: ["auctions", "bids"], pipeline: q4, answer: answer4 },
  { name: "q5", reads: ["bids"], pipeline: q5, answer: answer5 },
  { name: "q7", reads: ["bids"], pipeline: q7, answer: answer7 },
  { name: "q8", reads: ["persons", "auctions"], pipeline: q8, answer: answer8 },
  { name: "q9", reads: ["auctions", "bids"], pipeline: q9, answer: answer9 },
  { name: "q11", reads: ["bids"], pipeline: q11, answer: answer11 },
  { name: "q12", reads: ["bids"], pipeline: q12, answer: answer12 },
  { name: "q14", reads: ["bids"], pipeline: q14, answer: answer14 },
  { name: "q15", reads: ["bids"], pipeline: q15, answer: answer15 },
  { name: "q16", reads: ["bids"], pipeline: q16, answer: answer16 },
  { name: "q17", reads: ["bids"], pipeline: q17, answer: answer17 },
  { name: "q18", reads: ["bids"], pipeline: q18, answer: answer18 },
  { name: "q19", reads: ["bids"], pipeline: q19, answer: answer19 },
  { name: "q20", reads: ["auctions", "bids"], pipeline: q20, answer: answer20 },
  { name: "q21", reads: ["bids"], pipeline: q21, answer: answer21 },
  { name: "q22", reads: ["bids"], pipeline: q22, answer: answer22 },
];
