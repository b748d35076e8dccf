package main

import (
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

func field(number protowire.Number, value string) []byte {
	return protowire.AppendString(protowire.AppendTag(nil, number, protowire.BytesType), value)
}

func entry(key, value string) string {
	return string(field(1, string(append(field(1, key), field(2, value)...))))
}

func TestRateLimits(t *testing.T) {
	limits := rateLimits{allowed: 2}
	all := string(field(2, entry("limit", "all")))
	each := string(field(2, entry("limit", "each")+entry("caller", "x")))
	hits := string(protowire.AppendVarint(protowire.AppendTag(nil, 3, protowire.VarintType), 1))
	for index, want := range []struct {
		raw, asked string
		code       uint64
	}{
		{string(field(1, "shop")) + all + each + hits, "shop limit=all limit=each,caller=x", rateOK},
		{string(field(1, "shop")) + all, "shop limit=all", rateOK},
		{string(field(1, "shop")) + each, "shop limit=each,caller=x", rateOK},
		{string(field(1, "shop")) + all, "shop limit=all", rateOverLimit},
		{string(field(1, "other")) + all, "other limit=all", rateOK},
	} {
		answer, asked, err := limits.answer([]byte(want.raw))
		if err != nil || asked != want.asked {
			t.Fatalf("%d: %q, %v", index, asked, err)
		}
		raw := answer.ProtoReflect().GetUnknown()
		if code, _ := protowire.ConsumeVarint(raw[1:]); code != want.code {
			t.Errorf("%d: code %d", index, code)
		}
	}
	if _, _, err := limits.answer([]byte{0xff}); err == nil {
		t.Error("what is no message was answered")
	}
}
