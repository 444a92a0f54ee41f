extension StarterFiles {
    static let windows = #"""
        # Rules over many generations at once, for who runs the product: how often it fails, how slow it is, what it costs, and
        # whether anything happens at all. `rules/README.md`, "Windows", tells how they count.
        rules:
          # One in four failed, of each kind of generation by itself. With fewer than twenty a ratio says little.
          - name: failure-rate
            watch: generation
            over: 15m
            by: [self.inference_type]
            measure:
              total: count(self.status in ["succeeded", "failed"])
              failed: count(self.status == "failed")
            when: total >= 20 && double(failed) / double(total) > 0.25
            keep_firing_for: 5m
            severity: critical
            title: "${failed} of ${total} ${inference_type} generations failed in 15 minutes"
            text: "Among them ${samples.join(', ')}."

          # Nothing has succeeded for an hour, though something was asked for. `for` gives the first of a quiet morning its time.
          # Who always has work leaves out `asked > 0`, and is told of the silence itself.
          - name: nothing-succeeded
            watch: generation
            over: 1h
            measure:
              succeeded: count(self.status == "succeeded")
              failed: count(self.status == "failed")
              asked: count(true)
            when: succeeded == 0 && asked > 0
            for: 15m
            severity: critical
            title: "Nothing has succeeded for an hour in ${source}"
            text: "${asked} generations were at work in that time, ${failed} of them failed."

          # Slow for most users: one image in twenty took longer than a minute. `p95` is null while nothing is in the window.
          - name: slow-images
            watch: generation
            over: 30m
            measure:
              total: count(self.status == "succeeded" && self.media_type != "video")
              p95: quantile(0.95, self.duration_ms, self.status == "succeeded" && self.media_type != "video")
            when: total >= 20 && p95 > 60000.0
            for: 5m
            severity: warning
            title: "One image in twenty takes longer than ${int(p95 / 1000.0)} s"
            text: "Of ${total} images of the last 30 minutes."

          # What an hour costs. The measure is in the currency of the team, so each is summed by itself.
          - name: spend-per-hour
            watch: generation
            over: 1h
            by: [self.cost.currency]
            measure:
              spent: sum(self.cost.amount, self.status == "succeeded")
              images: count(self.status == "succeeded")
            when: spent > 500.0
            repeat_interval: 4h
            severity: warning
            title: "${spent} ${currency}s spent in an hour"
            text: "On ${images} generations."

        """#
}
