import { testChanges } from "./change.js";
import { testFollowing } from "./follow.js";

testFollowing("sqlite");
testChanges("sqlite");
