package class

import (
	"context"
	"crypto/rand"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"

	"sessionlab/sessions"
	"sessionlab/sessions/cache"
)

// think is how long a request takes between reading the session and saving it, as one with a
// query or two in between does. It is the same for both.
const think = 40 * time.Millisecond

// counter is one counter for everybody, twice: each click counts on plain scs and on this
// layer, in stores of their own in memory. It is safe for concurrent use.
type counter struct {
	plain *scs.SessionManager
	token string
	layer *sessions.Manager
	key   string

	plainSaid, layerSaid, refused atomic.Int64 // answers "saved", and those that said it was not
	working                       sync.WaitGroup
}

var clickCount = sessions.Key[int]("clicks")

func newCounter() (*counter, error) {
	ctx := context.Background()
	c := &counter{
		// A literal, since scs.New and memstore.New start goroutines that nothing stops.
		plain: &scs.SessionManager{
			Store: memstore.NewWithCleanupInterval(0), Codec: scs.GobCodec{}, Lifetime: time.Hour,
		},
	}
	loaded, err := c.plain.Load(ctx, "")
	if err != nil {
		return nil, err
	}
	c.plain.Put(loaded, "clicks", 0)
	if c.token, _, err = c.plain.Commit(loaded); err != nil {
		return nil, err
	}
	c.layer, err = sessions.New(sessions.Config{
		Engine: cache.NewMemory(cache.MemoryOptions{}), Secret: rand.Text() + rand.Text(),
	})
	if err != nil {
		return nil, err
	}
	s := c.layer.Open(ctx, "")
	clickCount.Set(s, 0)
	if err := s.Save(); err != nil {
		return nil, err
	}
	c.key = s.Key()
	return c, nil
}

// click counts one click on both, at the same time.
func (c *counter) click(ctx context.Context) {
	c.working.Add(1)
	defer c.working.Done()
	var both sync.WaitGroup
	both.Go(func() {
		if c.clickPlain(ctx) == nil {
			c.plainSaid.Add(1)
		}
	})
	both.Go(func() {
		if c.clickLayer(ctx) == nil {
			c.layerSaid.Add(1)
		} else {
			c.refused.Add(1)
		}
	})
	both.Wait()
}

func (c *counter) clickPlain(ctx context.Context) error {
	ctx, err := c.plain.Load(ctx, c.token)
	if err != nil {
		return err
	}
	n := c.plain.GetInt(ctx, "clicks")
	time.Sleep(think)
	c.plain.Put(ctx, "clicks", n+1)
	_, _, err = c.plain.Commit(ctx)
	return err
}

func (c *counter) clickLayer(ctx context.Context) error {
	s := c.layer.Open(ctx, c.key)
	clickCount.Update(s, func(n int) int { return n + 1 })
	time.Sleep(think)
	return s.Save()
}

// kept is what the two records count.
func (c *counter) kept() (plain, layer int) {
	ctx, err := c.plain.Load(context.Background(), c.token)
	if err == nil {
		plain = c.plain.GetInt(ctx, "clicks")
	}
	return plain, clickCount.Get(c.layer.Open(context.Background(), c.key))
}
