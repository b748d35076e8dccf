package main

import (
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/known/emptypb"
)

// shouldRateLimit is the one method of Envoy's protocol for those who count
// (envoy/service/ratelimit/v3/rls.proto).
const shouldRateLimit = "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit"

// The overall codes of an answer.
const (
	rateOK        = 1
	rateOverLimit = 2
)

// rateLimits counts each descriptor; ECHO_RATE_LIMIT says how often one may
// come, without end of time.
type rateLimits struct {
	attempts attempts
	allowed  int
}

// answer counts what is asked for, and says whether any of it came too often.
// What was asked is text too: "orders limit=all", "orders limit=each,caller=x".
func (l *rateLimits) answer(raw []byte) (*emptypb.Empty, string, error) {
	domain, descriptors, err := parseRateLimitRequest(raw)
	if err != nil {
		return nil, "", status.Error(codes.InvalidArgument, err.Error())
	}
	code := rateOK
	for _, descriptor := range descriptors {
		if l.attempts.next(domain+" "+descriptor) > l.allowed {
			code = rateOverLimit
		}
	}
	answer := &emptypb.Empty{}
	answer.ProtoReflect().SetUnknown(protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), uint64(code)))
	return answer, domain + " " + strings.Join(descriptors, " "), nil
}

func parseRateLimitRequest(raw []byte) (domain string, descriptors []string, err error) {
	err = eachField(raw, func(number protowire.Number, value []byte) error {
		switch number {
		case 1:
			domain = string(value)
		case 2:
			var entries []string
			err := eachField(value, func(number protowire.Number, entry []byte) error {
				if number != 1 {
					return nil
				}
				var pair [2]string
				err := eachField(entry, func(number protowire.Number, text []byte) error {
					if number == 1 || number == 2 {
						pair[number-1] = string(text)
					}
					return nil
				})
				entries = append(entries, pair[0]+"="+pair[1])
				return err
			})
			descriptors = append(descriptors, strings.Join(entries, ","))
			return err
		}
		return nil
	})
	return domain, descriptors, err
}

// eachField gives the fields of a message that have a length; others say nothing here.
func eachField(raw []byte, take func(number protowire.Number, value []byte) error) error {
	for len(raw) > 0 {
		number, kind, length := protowire.ConsumeTag(raw)
		if length < 0 {
			return fmt.Errorf("not a message: %w", protowire.ParseError(length))
		}
		raw = raw[length:]
		value := raw
		if length = protowire.ConsumeFieldValue(number, kind, raw); length < 0 {
			return fmt.Errorf("field %d: %w", number, protowire.ParseError(length))
		}
		raw = raw[length:]
		if kind == protowire.BytesType {
			value, _ = protowire.ConsumeBytes(value)
			if err := take(number, value); err != nil {
				return err
			}
		}
	}
	return nil
}
