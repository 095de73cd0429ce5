export { Carehub, type Answer, type Options } from "./carehub.js";
export { CarehubError, unreachable } from "./error.js";
export { followCases, type Followed, type Following, type QueueCase, type Shown } from "./follow.js";
export { withheldOf, type Reasons, type Withheld } from "./withheld.js";
