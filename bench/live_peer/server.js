// The peer of `bin/bench live`: rooms of npm socket.io, told events of the same size at the same rate.
// It says its port on the first line; each line it reads ("rooms rate seconds") is one run, answered by "done".
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { Server } from "socket.io";

const pad = "x".repeat(180);
const http = createServer();
const io = new Server(http, { transports: ["websocket"], perMessageDeflate: false, serveClient: false });

io.on("connection", (socket) => {
  socket.join(`room-${socket.handshake.auth.room}`);
  socket.emit("ready", {});
});

function micros() {
  return Number(process.hrtime.bigint() / 1000n);
}

function run(rooms, rate, seconds) {
  const began = micros();
  const seqs = new Array(rooms).fill(0);
  let step = 0;
  const timer = setInterval(() => {
    for (; step < rate * seconds && micros() >= began + (step * 1e6) / rate; step += 1) {
      const room = step % rooms;
      seqs[room] += 1;
      const data = { number: step % 50, at: micros(), step, pad };
      const event = {
        id: `01JD${String(step).padStart(22, "0")}`,
        seq: seqs[room],
        data,
        time: new Date().toISOString(),
        type: "bench.told",
      };
      io.to(`room-${room}`).emit("bench.told", event);
    }
    if (step >= rate * seconds) {
      clearInterval(timer);
      console.log("done");
    }
  }, 1);
}

createInterface({ input: process.stdin }).on("line", (line) => run(...line.split(" ").map(Number)));
http.listen(0, "127.0.0.1", () => console.log(http.address().port));
