import { testChanges } from "./change.js";
import { testFollowing } from "./follow.js";
import { hasPostgres } from "./server.js";

if (hasPostgres) {
  testFollowing("postgres");
  testChanges("postgres");
}
