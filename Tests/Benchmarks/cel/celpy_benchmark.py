"""The five conditions of CELBenchmark.swift in cel-python (https://pypi.org/project/cel-python), in ns per evaluation.

Says so and ends well where Python has no cel-python.
"""

import statistics
import sys
import time

try:
    import celpy
    from celpy import celtypes
except ImportError:
    print("cel-python is not installed: pip install cel-python")
    sys.exit(0)

CONDITIONS = {
    "a": "self.status == 'failed'",
    "b": "self.status == 'failed' && self.error_message.contains('policy')",
    "c": "self.status == 'failed' && self.error_message.matches('(?i)content.policy')",
    "d": "self.loras.exists(l, l.name.startsWith('Sunset')) && self.cost.amount > 1.5",
    "e": "now - self.created_at > duration('30m') && self.status in ['pending', 'processing']",
}


def record(status):
    generation = celpy.json_to_cel(
        {
            "id": "img_01JTDEXAMPLE",
            "status": status,
            "prompt": "a lighthouse above the sea at night, oil on canvas",
            "media_type": "image",
            "error_message": "Generation refused: content policy violation",
            "duration_ms": 27000,
            "width": 1024,
            "height": 1536,
            "inference_type": "t2i",
            "cost": {"amount": 2.25, "currency": "credit"},
            "loras": [
                {"id": "lora_1", "name": "Film Grain"},
                {"id": "lora_2", "name": "Oil Paint"},
                {"id": "lora_3", "name": "Sunset Glow"},
            ],
        }
    )
    generation[celtypes.StringType("created_at")] = celtypes.TimestampType("2026-05-04T10:00:15.120Z")
    return generation


def nanoseconds(program, activation):
    batches = []
    iterations = 1
    while True:
        start = time.perf_counter()
        for _ in range(iterations):
            program.evaluate(activation)
        elapsed = time.perf_counter() - start
        if elapsed < 0.1:
            iterations *= 2
            continue
        batches.append(elapsed / iterations * 1e9)
        if len(batches) == 11:
            return statistics.median(batches)


def main():
    environment = celpy.Environment(runner_class=celpy.CompiledRunner)
    for name, text in CONDITIONS.items():
        program = environment.program(environment.compile(text))
        activation = {
            "self": record("processing" if name == "e" else "failed"),
            "now": celtypes.TimestampType("2026-05-04T11:00:00Z"),
        }
        assert program.evaluate(activation), text
        print(f"{name}  {nanoseconds(program, activation):10.1f}  {text}")


main()
