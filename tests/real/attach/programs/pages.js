// A page for every request: pages.js PORT [leak]. With `leak` it keeps a note of each, for as long as it runs.
const page = "served".repeat(1000);
const kept = new Map();
const server = require("http").createServer((request, response) => {
	const note = Buffer.alloc(20000, request.url);
	if (process.argv[3] === "leak")
		kept.set(kept.size, note);
	response.writeHead(200, { "Content-Length": page.length });
	response.end(page);
});
process.on("SIGTERM", () => process.exit(0));
server.listen(Number(process.argv[2]), "127.0.0.1");
